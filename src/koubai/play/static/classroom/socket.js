// A socket for small messages, which comes back by itself after the connection was lost.

export class Line {
  /**
   * @param {string} path of the socket on this page's own server
   * @param {(message: any) => void} hear
   * @param {(open: boolean) => void} watch
   */
  constructor(path, hear, watch) {
    this.url = Object.assign(new URL(path, document.baseURI), { protocol: location.protocol === "https:" ? "wss:" : "ws:" }).href.split("#")[0];
    this.hear = hear;
    this.watch = watch;
    this.delay = 500;
    this.closed = false;
    this.open();
  }

  open() {
    this.socket = new WebSocket(this.url);
    this.socket.onopen = () => {
      this.delay = 500;
      this.watch(true);
    };
    this.socket.onmessage = ({ data }) => this.hear(JSON.parse(data));
    this.socket.onclose = () => {
      this.watch(false);
      if (this.closed) return;
      setTimeout(() => this.open(), this.delay * (0.5 + Math.random())); // a whole class does not come back at the same moment
      this.delay = Math.min(2 * this.delay, 8000);
    };
  }

  /** @param {object} message */
  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  close() {
    this.closed = true;
    this.socket?.close();
  }
}

"""``koubai serve``: a saved model as an HTTP service."""

import argparse

from koubai.cli.parts.parser import add_language
from koubai.cli.parts.reading import require_files
from koubai.core.errors import ParameterError
from koubai.core.extras import to_install
from koubai.core.language import worded

EXAMPLES = """examples:
  koubai serve penguins.koubai
  koubai serve penguins.koubai --port 9000 --max-rows 1000
  koubai serve penguins.koubai --host 0.0.0.0
  koubai serve penguins.koubai --allow-host models.example.org

POST /predict takes a row as JSON, a list of rows, CSV or Arrow, or for a model of images a picture; POST /explain
derives the prediction of a row; / says what a row is, /openapi.json says it to programs; /health and /metrics are for
those who run it. On other addresses than this machine's own, requests need the token that is printed. docs/serve.md has
examples.
"""

OPTIONS = {"token": "token", "host": "host", "port": "port"}


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "serve",
        help="answer requests with a saved network, by HTTP",
        description="Serve a saved model by HTTP.",
        epilog=EXAMPLES,
    )
    parser.set_defaults(run=run, options=OPTIONS)
    parser.add_argument("model", metavar="MODEL", help="a file saved by 'koubai fit', koubai.save or the playground")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8080, metavar="N", help="the port (default: 8080; 0: a free one)")
    parser.add_argument(
        "--token", metavar="TEXT", help="what requests must present; made if others can reach the server"
    )
    add_language(parser)
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name under which a proxy passes requests on to here; may be given several times",
    )
    parser.add_argument("--max-bytes", type=int, default=16_000_000, metavar="N", help="of a request (default: 16 MB)")
    parser.add_argument("--max-rows", type=int, default=100_000, metavar="N", help="of a request (default: 100,000)")


def run(args: argparse.Namespace) -> int:
    """Load, serve; return the exit status."""
    for name in ("max_bytes", "max_rows"):
        if getattr(args, name) < 1:
            option = name.replace("_", "-")
            raise ParameterError(worded("cli.error.at_least_got_leave_out", option=option, getattr=getattr(args, name)))
    if not 0 <= args.port <= 65535:
        raise ParameterError(worded("cli.error.port_got_try", port=args.port))
    require_files([], [args.model])
    try:
        from koubai.serve.app import Bounds
        from koubai.serve.server import serve, token_for
    except ModuleNotFoundError as error:
        install = to_install("serve", str(error.name))
        raise ParameterError(
            worded("cli.error.serve_installed_service_was_not", name=error.name, install=install)
        ) from None
    if token_for(args.host, args.token) is not None and args.allow_host:
        raise ParameterError(worded("cli.error.allow_host_with_token"))

    from koubai.models.files import load

    model = load(args.model)
    bounds = Bounds(args.max_bytes, args.max_rows)
    serve(model, host=args.host, port=args.port, token=args.token, bounds=bounds, names=args.allow_host)
    return 0

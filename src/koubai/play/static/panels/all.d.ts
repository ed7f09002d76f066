// The module all.js is made when it is asked for: koubai.play.modules lists in it every module that exports a panel.
export const PANELS: Record<string, import("../types.js").PanelKind>;

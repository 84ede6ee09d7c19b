/** The part of node-pre-gyp that tfjs-node calls to find its addon. */
declare const prebinding: { find(path: string, options?: unknown): string };
export default prebinding;

/**
 * The address of a socket on this host.
 * @param {string} path
 */
export const socketUrl = (path) => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;

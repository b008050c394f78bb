// Preloaded into a Node server that has no setting for its address: every port it opens is on loopback.
'use strict';
const { Server } = require('node:net');
const { listen } = Server.prototype;

Server.prototype.listen = function (first, ...rest) {
  const callback = rest.filter((argument) => typeof argument === 'function');
  const onLoopback = (options) => listen.call(this, { ...options, host: '127.0.0.1' }, ...callback);
  if (typeof first === 'object' && first !== null && first.port !== undefined) return onLoopback(first);
  if (/^\d+$/.test(String(first))) return onLoopback({ port: Number(first) });
  return listen.call(this, first, ...rest);
};

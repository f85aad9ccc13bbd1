'use strict';

const engine = load();

exports.HotSockets = engine.HotSockets;
exports.abandon = engine.abandon;
exports.append = engine.append;
exports.arrivals = engine.arrivals;
exports.close = engine.close;
exports.configure = engine.configure;
exports.configurePulls = engine.configurePulls;
exports.definePullGroup = engine.definePullGroup;
exports.defineTopic = engine.defineTopic;
exports.deleteTopic = engine.deleteTopic;
exports.duplicateDescriptor = engine.duplicateDescriptor;
exports.flush = engine.flush;
exports.ingest = engine.ingest;
exports.isCold = engine.isCold;
exports.lookup = engine.lookup;
exports.maintain = engine.maintain;
exports.metadataCommit = engine.metadataCommit;
exports.metadataScan = engine.metadataScan;
exports.open = engine.open;
exports.queryIndex = engine.queryIndex;
exports.queueState = engine.queueState;
exports.read = engine.read;
exports.searchOffset = engine.searchOffset;
exports.simulatedDisk = engine.simulatedDisk;
exports.startFlusher = engine.startFlusher;
exports.status = engine.status;
exports.topicPutTotal = engine.topicPutTotal;
exports.wantFlush = engine.wantFlush;
exports.warm = engine.warm;
exports.watch = engine.watch;

/** The generated loader looks for the binary of this platform; its error tells what it tried, ours what to do. */
function load() {
  try {
    return require('./binding.js');
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`;
    throw new Error(
      `CentaurMQ's storage engine has no binary for ${platform} here. ` +
        'Install with optional dependencies (they hold the binaries of the usual platforms), or build it: ' +
        'with a Rust toolchain (https://rustup.rs), in a checkout of the repository, ' +
        '`pnpm --filter @centaurmq/native run build`.',
      { cause },
    );
  }
}

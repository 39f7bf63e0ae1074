/** Loaded before a program that knows nothing of the runner: ends it when the runner is gone, and never keeps it alive. */
process.on('disconnect', () => process.exit(1));
process.channel?.unref();

/** The version of this build, put in by the bundler. */
export const VERSION = process.env['DROVER_VERSION'] ?? '0.0.0-dev'

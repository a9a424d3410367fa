// The version of this build, from the one place that holds it.

import manifest from '../../package.json' with { type: 'json' }

export const version: string = manifest.version

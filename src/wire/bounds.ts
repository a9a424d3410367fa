// How large things on the wire may be. Both sides hold them: the sender before it sends, the receiver before it reads.
// A sender that broke one would be cut off by the other side, come back, and do it again.

/** A registration carries every task of the agent: `tasksMax` of them with 3 KiB each. An agent beyond cannot register. */
export const registerBytesMax = 32 * 1024 * 1024
/** Any other frame: one task's description or status. */
export const frameBytesMax = 1024 * 1024
export const inventoryBytesMax = 4 * 1024 * 1024
export const healthBytesMax = 256 * 1024
/** Changes told with an inventory; older ones are forgotten. */
export const machineChangesMax = 50
export const statusBytesMax = 16 * 1024

/** The largest MQTT packet of each direction: the largest payload, with room for its topic and headers. */
export const upPacketBytesMax = registerBytesMax + 1024
export const downPacketBytesMax = frameBytesMax + 1024

/** Nesting of JSON objects and arrays; Mesos' own messages stay below 20. */
export const jsonDepthMax = 64

export const textLengthMax = 4096
export const hostLengthMax = 255
export const capabilitiesMax = 64
export const frameworksMax = 10_000
export const tasksMax = 10_000
export const statusesMax = 1_000
export const gpusMax = 256
export const gpuInstancesMax = 64
/** The text of a set of CPUs. */
export const cpuListLengthMax = 128 * 1024
export const coresMax = 65_536
/** CPUs of all cores together: as many as there are numbers for, each in one core. */
export const coreCpusMax = 65_536
/** CPUs in all lists of a message together; that is `tasksMax` grants on a machine with 800. */
export const listedCpusMax = 8 * 1024 * 1024
export const nodesMax = 1_024
export const hugepageSizesMax = 16
export const nicsMax = 1_024
export const disksMax = 4_096
export const mountsMax = 4_096
/** Disks or volumes that one file system is lost with. */
export const mountPartsMax = 1_024
/** Conditions told to the master; critical ones first, the rest is left out. */
export const conditionsMax = 1_000
/** Pieces of evidence of one condition that the master is told. */
export const evidenceMax = 4
/** Operations of one agent that wait for their acknowledgement. */
export const operationsMax = 10_000
export const resourcesMax = 10_000
/** Periods and intervals that are told to the other side: a week. */
export const intervalMsMax = 7 * 24 * 3_600_000

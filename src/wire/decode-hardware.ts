// What messages say of a machine's parts: its hardware, what is wrong with it, and what of it a task was granted. Nothing
// is believed that was not looked at. It does not know the messages (decode.ts).

import type { ConditionCode, Severity } from '../model/conditions.ts'
import { parseCpuList } from '../model/cpu-set.ts'
import type { Grant, Hardware, HardwareDisk, HardwareMount } from '../model/hardware.ts'
import type { Condition, PartKind } from '../model/health.ts'
import * as bounds from './bounds.ts'
import type { Fields } from './fields.ts'

export function readHardware(fields: Fields): Hardware {
  const node = (f: Fields) => f.nullable('node', (g, name) => g.integer(name, 0))
  const text = (f: Fields, of: string) => f.nullable(of, (g, name) => g.string(name))
  const amount = (f: Fields, of: string) => f.nullable(of, (g, name) => g.integer(name, 0))
  const mounts = fields.optional('mounts', (g, name) => g.children(name, bounds.mountsMax, readMount))
  return {
    ...(mounts === undefined ? {} : { mounts }),
    cores: fields.children('cores', bounds.coresMax, (f) => ({
      cpus: readCpuList(f, 'cpus', bounds.coreCpusMax),
      node: node(f),
      package: amount(f, 'package'),
      cache: amount(f, 'cache'),
      kind: f.nullable('kind', (g, name) =>
        g.matching(name, /^(performance|efficiency)$/, 'a kind of core'),
      ) as Hardware['cores'][number]['kind'],
    })),
    nodes: fields.children('nodes', bounds.nodesMax, (f) => ({
      id: f.integer('id', 0),
      memoryBytes: f.integer('memoryBytes', 0),
      hugepages: f.children('hugepages', bounds.hugepageSizesMax, (g) => ({
        sizeBytes: g.integer('sizeBytes', 1),
        count: g.integer('count', 0),
      })),
    })),
    distances: fields.nullable('distances', (f, name) => f.numberRows(name, bounds.nodesMax)),
    gpus: fields.children('gpus', bounds.gpusMax, (f) => ({
      uuid: f.string('uuid'),
      model: text(f, 'model'),
      memoryBytes: amount(f, 'memoryBytes'),
      node: node(f),
      pciAddress: text(f, 'pciAddress'),
      links: f.children('links', bounds.gpusMax, (g) => ({
        to: g.string('to'),
        kind: g.string('kind'),
        count: amount(g, 'count'),
      })),
      instances: f.children('instances', bounds.gpuInstancesMax, (g) => ({
        uuid: g.string('uuid'),
        profile: g.string('profile'),
        resource: g.string('resource'),
        memoryBytes: amount(g, 'memoryBytes'),
      })),
    })),
    nics: fields.children('nics', bounds.nicsMax, (f) => ({
      name: f.string('name'),
      mac: text(f, 'mac'),
      speedMbps: amount(f, 'speedMbps'),
      node: node(f),
      pciAddress: text(f, 'pciAddress'),
      rdma: text(f, 'rdma'),
      isFree: f.boolean('isFree'),
    })),
    disks: fields.children('disks', bounds.disksMax, readDisk),
  }
}

function readDisk(fields: Fields): HardwareDisk {
  const resourceId = fields.optional('resourceId', (f, name) => f.string(name))
  return {
    name: fields.string('name'),
    serial: fields.nullable('serial', (f, name) => f.string(name)),
    sizeBytes: fields.nullable('sizeBytes', (f, name) => f.integer(name, 0)),
    rotational: fields.nullable('rotational', (f, name) => f.boolean(name)),
    node: fields.nullable('node', (f, name) => f.integer(name, 0)),
    pciAddress: fields.nullable('pciAddress', (f, name) => f.string(name)),
    ...(resourceId === undefined ? {} : { resourceId }),
  }
}

function readMount(fields: Fields): HardwareMount {
  return {
    path: fields.string('path'),
    disks: fields.strings('disks', bounds.mountPartsMax),
    volumes: fields.strings('volumes', bounds.mountPartsMax),
    isSystem: fields.boolean('isSystem'),
  }
}

export function readCondition(fields: Fields): Condition {
  const code = fields.matching('code', /^[A-Z0-9_]{1,64}$/, 'the code of a condition') as ConditionCode
  return {
    code,
    part: fields.child('part', (f) => ({
      kind: f.string('kind', 32) as PartKind,
      name: f.string('name'),
      id: f.nullable('id', (g, name) => g.string(name)),
    })),
    severity: fields.matching('severity', /^(info|warning|critical)$/, 'a severity') as Severity,
    sinceMs: fields.nullable('sinceMs', (f, name) => f.integer(name, 0)),
    evidence: fields.children('evidence', bounds.evidenceMax, (f) => ({
      source: f.string('source'),
      text: f.string('text'),
    })),
  }
}

export function readGrant(fields: Fields): Grant {
  const policy = (f: Fields, name: string) => f.matching(name, /^(bind|interleave|preferred)$/, 'a memory policy')
  return {
    cpus: fields.nullable('cpus', readCpuList),
    cpusWithin: fields.nullable('cpusWithin', readCpuList),
    memory: fields.children('memory', bounds.nodesMax, (f) => ({
      node: f.integer('node', 0),
      bytes: f.integer('bytes', 0),
    })),
    memoryPolicy: fields.nullable('memoryPolicy', policy) as Grant['memoryPolicy'],
    gpuUuids: fields.strings('gpuUuids', bounds.gpusMax),
    gpuInstanceUuids: fields.strings('gpuInstanceUuids', bounds.gpusMax),
    nics: fields.strings('nics', bounds.nicsMax),
    disks: fields.strings('disks', bounds.disksMax),
    near: fields.strings('near', bounds.gpusMax),
  }
}

function readCpuList(fields: Fields, name: string, inAllMax: number = bounds.listedCpusMax): string {
  const text = fields.string(name, bounds.cpuListLengthMax)
  if (fields.isRejected) return text
  const cpus = parseCpuList(text)
  if (cpus === null) fields.reject(name, 'is not a list of CPUs')
  else fields.spend(name, cpus.length, inAllMax, 'CPUs in the lists')
  return text
}

// Drivers of ports that a hypervisor makes: no cable, no link modes, no firmware, and an address that software gave out.

const paravirtual = new Set([
  'virtio_net',
  'virtio-net',
  'xen_netfront',
  'vif',
  'hv_netvsc',
  'vmxnet3',
  'ena',
  'gve',
  'ibmveth',
  'veth',
])

export function isParavirtual(driver: string | null): boolean {
  return driver !== null && paravirtual.has(driver)
}

#!/bin/busybox sh
# The first process of a guest: loads the kernel's modules, then does what comes through the port named tepui.hil.
# A command comes as one line, number and text in base64. The answer is one line, number, exit status and the lengths of
# both outputs, and then the outputs as they are.

export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root TERM=dumb
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm /run /tmp /root /var/lib /var/log
mount -t devpts devpts /dev/pts
mount -t tmpfs run /run
mount -t cgroup2 cgroup /sys/fs/cgroup
while read -r module; do
  insmod "/modules/$module" || echo "insmod $module failed"
done </modules/order.txt
ip link set lo up
ln -s udevadm /sbin/systemd-udevd
systemd-udevd --daemon
udevadm trigger --action=add
udevadm settle

port=
while [ -z "$port" ]; do
  for name in /sys/class/virtio-ports/*/name; do
    [ "$(cat "$name" 2>/dev/null)" = tepui.hil ] && port=/dev/$(basename "$(dirname "$name")")
  done
  [ -n "$port" ] || sleep 0.1
done
echo "ready after $(cut -d' ' -f1 /proc/uptime) s"

exec 3<>"$port"
# Reading ends while nobody is connected on the other side.
while :; do
  while read -r number text <&3; do
    echo "$text" | base64 -d >/run/command
    sh /run/command >/run/out 2>/run/err </dev/null 3>&-
    status=$?
    echo "$number $status $(wc -c </run/out) $(wc -c </run/err)" >&3
    cat /run/out /run/err >&3
  done
  sleep 0.1
done

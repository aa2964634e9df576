# SPDX-License-Identifier: GPL-2.0-only
# kernel: 6.12
# stock: vhost_vsock
# spawn-stock: vmw_vsock_virtio_transport virtio virtio_ring
# files: build/vm/vsock:/bin/vsock tests/vm/vsock.sh:/vsock.sh tests/vm/vsock_ends.t:/vsock_ends.t
# timeout: 600
# vsock_ends.t with a newer stock kernel as the host: a spawn of its version on one CPU, and an older one on two.
. /vsock_ends.t

# SPDX-License-Identifier: GPL-2.0-only
# make test-deb      the Debian packages in a whole Debian of this machine's release: installed with their DKMS build,
#                    booted, upgraded, purged; fetches some 400 MB and takes half an hour. With SUITE=trixie in a
#                    Debian 13, with the packages that are built here
# make test-containers   Debian's podman and containerd in such a Debian, each container on a kernel of its own

.PHONY: test-deb test-containers
test-deb: deb
	machine/install mmdebstrap e2fsprogs
	tests/prove test-deb --verbose tests/deb/packages.t

test-containers: deb
	machine/install mmdebstrap e2fsprogs
	tests/prove test-containers --verbose tests/deb/containers.t

# SPDX-License-Identifier: GPL-2.0-only
# How mkrun is tested without instances: under ASan and UBSan, with programs of our own in the place of mkctl and mkio, and
# an agent on this kernel.
#
# make test-mkrun    tests/mkrun/*.t; a part of make unit
# make test-podman   podman.t, which is skipped there where podman is not installed
# make test-buildah   buildah.t, as well
# make test-containerd   containerd.t and cri.t, as well; Debian's containerd is unpacked for it, and not installed

MKRUN_TEST := $(BUILD)/mkrun-test
MKRUN_TEST_OBJECTS := $(patsubst %.c,$(UNIT)/%.o,$(sort $(wildcard mkrun/*.c cli/*.c)) agent/protocol.c agent/stream.c)

$(UNIT)/mkrun/%.o: TEST_CFLAGS += -iquote agent -iquote mkctl

CONTAINERD := $(CURDIR)/$(BUILD)/containerd

.PHONY: test-mkrun test-podman test-buildah test-containerd
unit: test-mkrun

test-mkrun: $(MKRUN_TEST)/mkrun $(AGENT_TEST)/mk-agent
	MKRUN=$(MKRUN_TEST)/mkrun AGENT=$(AGENT_TEST)/mk-agent timeout $(TEST_SECONDS) tests/prove test-mkrun --jobs 2 \
		--exec "perl -Itests/mkrun" $(sort $(wildcard tests/mkrun/*.t))

test-podman: $(MKRUN_TEST)/mkrun $(AGENT_TEST)/mk-agent
	machine/install podman
	MKRUN=$(MKRUN_TEST)/mkrun AGENT=$(AGENT_TEST)/mk-agent tests/prove test-podman --exec "perl -Itests/mkrun" \
		tests/mkrun/podman.t

test-buildah: $(MKRUN_TEST)/mkrun $(AGENT_TEST)/mk-agent
	machine/install buildah
	MKRUN=$(MKRUN_TEST)/mkrun AGENT=$(AGENT_TEST)/mk-agent tests/prove test-buildah --exec "perl -Itests/mkrun" \
		tests/mkrun/buildah.t

test-containerd: $(MKRUN_TEST)/mkrun $(AGENT_TEST)/mk-agent $(CONTAINERD)/usr/bin/containerd
	machine/install containernetworking-plugins iptables protobuf-compiler python3-grpcio python3-protobuf
	CONTAINERD=$(CONTAINERD)/usr/bin MKRUN=$(MKRUN_TEST)/mkrun AGENT=$(AGENT_TEST)/mk-agent tests/prove test-containerd \
		--exec "perl -Itests/mkrun" tests/mkrun/containerd.t tests/mkrun/cri.t

$(CONTAINERD)/usr/bin/containerd:
	mkdir -p $(CONTAINERD)
	cd $(CONTAINERD) && { apt-get -qq download containerd || { apt-get -qq update && apt-get -qq download containerd; }; }
	dpkg-deb -x $(CONTAINERD)/containerd_*.deb $(CONTAINERD)

$(MKRUN_TEST)/mkrun: $(MKRUN_TEST_OBJECTS) $(UNIT)/core.a
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(SANITIZE) -o $@ $^ -ljansson -lseccomp

-include $(MKRUN_TEST_OBJECTS:.o=.d)

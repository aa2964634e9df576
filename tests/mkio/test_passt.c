// SPDX-License-Identifier: GPL-2.0-only
/*
 * A network by the real passt, where there is one that speaks vhost-user: the spawn's memory is a
 * memfd, and a small driver of virtio-net here asks who has an address, which passt answers itself.
 */
#include <setjmp.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "control.h"
#include "fake.h"
#include "mkio.h"

#define SIZE 64				/* descriptors */
#define RING(queue) (FAKE_START(0) + 0x10000 + 0x3000 * (queue))
#define AVAIL(queue) (RING(queue) + 0x1000)
#define USED(queue) (RING(queue) + 0x2000)
#define RECEIVED FAKE_START(1)
#define SENT (FAKE_START(1) + 0x10000)
#define BUFFER 2048
#define FEATURES (1ULL << 32)
#define WAIT_MS 20000

enum { RECEIVE, TRANSMIT, QUEUES };

/* An ARP packet for Ethernet and IPv4, behind its frame's header (RFC 826). */
struct arp {
	struct virtio_net_hdr_v1 header;
	u8 to[ETH_ALEN];
	u8 from[ETH_ALEN];
	u16 type;
	struct arphdr arp;
	u8 sender[ETH_ALEN];
	u8 sender_ip[4];
	u8 target[ETH_ALEN];
	u8 target_ip[4];
} __attribute__((packed));

static const u8 mac[ETH_ALEN] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
static pthread_t server;
static int result;
static char name[32];			/* of our own: by it the process is asked, on all of the machine */

static bool has_engine(void)
{
	return !system("passt --help 2>&1 | grep -q vhost-user");
}

static int begin(void **state)
{
	u32 i;

	(void)state;
	fake_begin();
	for (i = 0; i < QUEUES; i++)
		fake_queue(i, RING(i), SIZE);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_end();
	return 0;
}

static void *serve(void *data)
{
	const char *const words[] = {
		"net", "web", "--passt", "--mac", "52:54:00:12:34:56", "--name", name, NULL
	};

	result = fake_run(&mkio_net, words);
	return data;
}

static void expect_answer(u32 number, u32 kind)
{
	struct multikernel_answer answer = fake_answer();

	assert_int_equal(answer.number, number);
	assert_int_equal(answer.kind, kind);
}

/* One more buffer for the device. */
static void offer(u32 queue, u64 address, u32 size, u16 flags)
{
	struct vring_avail *avail = fake_at(AVAIL(queue));
	u16 index = avail->idx % SIZE;
	struct vring_desc *descriptor = (struct vring_desc *)fake_at(RING(queue)) + index;

	*descriptor = (struct vring_desc){ .addr = address, .len = size, .flags = flags };
	avail->ring[index] = index;
	__atomic_store_n(&avail->idx, avail->idx + 1, __ATOMIC_RELEASE);
	assert_int_equal(eventfd_write(fake.kick_fd[queue], 1), 0);
}

static void wait_for(u32 queue, u16 count)
{
	struct vring_used *used = fake_at(USED(queue));
	struct pollfd call = { .fd = fake.call_fd[queue], .events = POLLIN };
	eventfd_t calls;

	while (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) < count) {
		assert_int_equal(poll(&call, 1, WAIT_MS), 1);
		eventfd_read(fake.call_fd[queue], &calls);
	}
}

static void ask(void)
{
	struct arp *arp = fake_at(SENT);

	memset(arp, 0, sizeof(*arp));
	memset(arp->to, 0xff, ETH_ALEN);
	memcpy(arp->from, mac, ETH_ALEN);
	arp->type = __builtin_bswap16(ETH_P_ARP);
	arp->arp = (struct arphdr){
		.ar_hrd = __builtin_bswap16(ARPHRD_ETHER), .ar_pro = __builtin_bswap16(ETH_P_IP),
		.ar_hln = ETH_ALEN, .ar_pln = 4, .ar_op = __builtin_bswap16(ARPOP_REQUEST),
	};
	memcpy(arp->sender, mac, ETH_ALEN);
	memcpy(arp->sender_ip, "\xa9\xfe\x01\x02", 4);
	memcpy(arp->target_ip, "\xa9\xfe\x01\x01", 4);
	offer(TRANSMIT, SENT, sizeof(*arp), 0);
}

/* Is this buffer the answer? passt may say more, to whomever it thinks is there. */
static bool is_answer(u32 number)
{
	const struct arp *arp = fake_at(RECEIVED + number * BUFFER);

	return arp->type == __builtin_bswap16(ETH_P_ARP) &&
	       arp->arp.ar_op == __builtin_bswap16(ARPOP_REPLY) && !memcmp(arp->to, mac, ETH_ALEN) &&
	       !memcmp(arp->sender_ip, "\xa9\xfe\x01\x01", 4);
}

static void expect_reply(void)
{
	u32 number;

	for (number = 0; number < SIZE / 2; number++)
		offer(RECEIVE, RECEIVED + number * BUFFER, BUFFER, VRING_DESC_F_WRITE);
	ask();
	wait_for(TRANSMIT, 1);
	for (number = 0; number < SIZE / 2; number++) {
		wait_for(RECEIVE, number + 1);
		if (is_answer(number))
			return;
	}
	fail_msg("no answer");
}

/* Two lives of a driver. */
static void test_answers(void **state)
{
	char text[CONTROL_TEXT];

	(void)state;
	if (!has_engine())
		skip();
	snprintf(name, sizeof(name), "net-%d", getpid());
	fake_event(1, MULTIKERNEL_EVENT_READY, FEATURES);
	assert_int_equal(pthread_create(&server, NULL, serve, NULL), 0);
	expect_answer(1, MULTIKERNEL_ANSWER_STARTED);
	assert_int_equal(fake.attached.virtio_id, 1);
	assert_memory_equal(fake.attached.config, mac, sizeof(mac));
	expect_reply();
	assert_int_equal(control_ask("web", name, "describe", CONTROL_MS, text), 0);
	assert_string_equal(text, "passt");
	fake_event(2, MULTIKERNEL_EVENT_ENDED, 0);
	expect_answer(2, MULTIKERNEL_ANSWER_STOPPED);
	memset(fake_at(FAKE_START(0)), 0, FAKE_BYTES);
	memset(fake_at(FAKE_START(1)), 0, FAKE_BYTES);
	fake_event(3, MULTIKERNEL_EVENT_READY, FEATURES);
	expect_answer(3, MULTIKERNEL_ANSWER_STARTED);
	expect_reply();
	fake_event(4, MULTIKERNEL_EVENT_GONE, 0);
	pthread_join(server, NULL);
	assert_int_equal(result, CLI_OK);
	assert_false(fake_is_mapped());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

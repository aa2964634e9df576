/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels this module builds for, 6.1 to 7.x. It owns every version and
 * feature test: there is none anywhere else.
 */
#ifndef MK_MODULE_COMPAT_H
#define MK_MODULE_COMPAT_H

#include <linux/device.h>
#include <linux/eventfd.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sysfs.h>
#include <linux/version.h>
#include <linux/virtio_config.h>

/* 6.16 brought Kexec HandOver. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#include <linux/kexec_handover.h>
#define MK_HAS_KHO
#endif

/*
 * From 6.5 on a CPU's start is synchronized in the core, and CPU 0 comes online as any other, by INIT
 * and SIPI. Before, it is sent an NMI, which a CPU in our page does not hear as one.
 */
#ifdef CONFIG_HOTPLUG_CORE_SYNC_FULL
#define MK_BOOT_CPU_RETURNS true
#else
#define MK_BOOT_CPU_RETURNS false
#endif

/* What a direct map at a random address has room for beside the memory at boot, in TB. */
#ifdef CONFIG_RANDOMIZE_MEMORY
#define MK_MEMORY_PADDING_TB CONFIG_RANDOMIZE_MEMORY_PHYSICAL_PADDING
#else
#define MK_MEMORY_PADDING_TB 64	/* all that there is with four levels of page tables */
#endif

/* 6.17 made the attribute that a binary file's callbacks get const. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define MK_BIN_ATTRIBUTE const struct bin_attribute
#define MK_BIN_ATTRIBUTE_LIST(name) const struct bin_attribute *const name[]
#else
#define MK_BIN_ATTRIBUTE struct bin_attribute
#define MK_BIN_ATTRIBUTE_LIST(name) struct bin_attribute *name[]
#endif

/* 6.13 folded the callback into the set-up of a timer; 6.15 dropped the old call. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* 6.16 replaced the migrate type by flags. */
static inline int mk_alloc_contig_range(unsigned long start_pfn, unsigned long end_pfn)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL;

#ifdef ACR_FLAGS_NONE
	return alloc_contig_range(start_pfn, end_pfn, ACR_FLAGS_NONE, gfp);
#else
	return alloc_contig_range(start_pfn, end_pfn, MIGRATE_MOVABLE, gfp);
#endif
}

/* 6.6 made a tty's write, and 6.8 the hvc layer's calls, count in size_t. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
typedef ssize_t mk_tty_done;
typedef size_t mk_tty_count;
#else
typedef int mk_tty_done;
typedef int mk_tty_count;
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
typedef ssize_t mk_hvc_done;
typedef size_t mk_hvc_count;
typedef u8 mk_hvc_char;
#else
typedef int mk_hvc_done;
typedef int mk_hvc_count;
typedef char mk_hvc_char;
#endif

/* 6.8 dropped the number of signals, which was always one. */
static inline void mk_eventfd_signal(struct eventfd_ctx *fd)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	eventfd_signal(fd);
#else
	eventfd_signal(fd, 1);
#endif
}

/*
 * 7.x made the flags of a device a bitmap, with functions for each. Neither can be asked for by the
 * preprocessor: Kbuild looks into the header.
 */
static inline void mk_set_offline_disabled(struct device *device, bool disabled)
{
#ifdef MK_DEVICE_HAS_FLAG_FIELDS
	device->offline_disabled = disabled;
#else
	dev_assign_offline_disabled(device, disabled);
#endif
}

/* 6.3 gave the flags of an area functions of their own, and locks. */
static inline void mk_change_area_flags(struct vm_area_struct *area, unsigned long set,
					unsigned long clear)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_mod(area, set, clear);
#else
	area->vm_flags = (area->vm_flags | set) & ~clear;
#endif
}

/**
 * struct mk_queue_wanted - a queue that a virtio driver wants
 * @name:     NULL for none
 * @callback: for used buffers
 * @context:  with more to remember of each buffer
 */
struct mk_queue_wanted {
	const char *name;
	void (*callback)(struct virtqueue *virtqueue);
	bool context;
};

/* 6.11 put what find_vqs() is told of each queue into a structure. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define MK_QUEUES_WANTED struct virtqueue_info wanted_queues[]
#define MK_QUEUE_WANTED(i)										\
	{ wanted_queues[i].name, wanted_queues[i].callback, wanted_queues[i].ctx }
#else
#define MK_QUEUES_WANTED vq_callback_t *callbacks[], const char *const names[], const bool *contexts
#define MK_QUEUE_WANTED(i) { names[i], callbacks[i], contexts ? contexts[i] : false }
#endif

/* 7.1 made it tell the size, too; where KHO is not built in it fails. */
#ifdef MK_HAS_KHO
typedef int mk_kho_call(const char *name, phys_addr_t *address);
typedef int mk_kho_call_sized(const char *name, phys_addr_t *address, size_t *size);

static inline int mk_kho_find(mk_kho_call *call, const char *name, phys_addr_t *address, size_t *size)
{
	*size = 0;
	return call(name, address);
}

static inline int mk_kho_find_sized(mk_kho_call_sized *call, const char *name, phys_addr_t *address,
				    size_t *size)
{
	return call(name, address, size);
}

#define mk_kho_retrieve(name, address, size)								\
	_Generic(&kho_retrieve_subtree, mk_kho_call *: mk_kho_find,					\
		 mk_kho_call_sized *: mk_kho_find_sized)(kho_retrieve_subtree, name, address, size)
#else
static inline int mk_kho_retrieve(const char *name, phys_addr_t *address, size_t *size)
{
	return -EOPNOTSUPP;
}
#endif

/*
 * The public patch series' flag values can be taken where the kernel has no use for these bits
 * itself.
 */
#if defined(KEXEC_FILE_NO_CMA) || defined(KEXEC_FILE_FORCE_DTB)
#define MK_SERIES_FLAGS false
#else
#define MK_SERIES_FLAGS true
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fault injection: a test build of the module (make modules FAULTS=1) has this header in front of
 * every source. It puts a question before each call that may fail, "is this the one?", and counts
 * what is held between taking and giving back. The sources themselves know nothing of it;
 * tests/fault/fail.c has the parameters, tests/vm/faults.t uses them.
 */
#ifndef MK_TESTS_FAULT_FAIL_H
#define MK_TESTS_FAULT_FAIL_H

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/irqdomain.h>
#include <linux/kernel_read_file.h>
#include <linux/kobject.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/suspend.h>
#include <linux/sysfs.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <asm/set_memory.h>

#include "../module/compat.h"

/* What the module takes and must give back. */
enum fault_kind { FAULT_MEMORY, FAULT_MAPPING, FAULT_NAME, FAULT_FILE, FAULT_KINDS };

/**
 * fault_strikes - is this call to fail
 * @call: the function's name
 *
 * Context: any.
 * Return: true once, at the call that fail_at= names, and at as many as fail_more= says after it.
 */
bool fault_strikes(const char *call);

/* Notes that something has been taken (1) or given back (-1). Context: any. */
void fault_hold(enum fault_kind kind, int change);

/* name() with these parameters fails when it is its turn. */
#define FAULT(type, name, parameters, arguments, failure)						\
	static inline type fault_##name parameters							\
	{												\
		return fault_strikes(#name) ? failure : name arguments;					\
	}

/* The same for what returns a pointer to something that is to be given back. */
#define FAULT_TAKE(kind, type, name, parameters, arguments, failure)					\
	static inline type fault_##name parameters							\
	{												\
		type result = fault_strikes(#name) ? failure : name arguments;				\
													\
		if (!IS_ERR_OR_NULL(result))								\
			fault_hold(kind, 1);								\
		return result;										\
	}

/* Giving back never fails. */
#define FAULT_GIVE(kind, type, name)									\
	static inline void fault_##name(type what)							\
	{												\
		if (!IS_ERR_OR_NULL(what) && (const void *)what != ZERO_SIZE_PTR)			\
			fault_hold(kind, -1);								\
		name(what);										\
	}

/* Memory */
FAULT_TAKE(FAULT_MEMORY, void *, kzalloc, (size_t size, gfp_t gfp), (size, gfp), NULL)
FAULT_TAKE(FAULT_MEMORY, void *, kvmalloc, (size_t size, gfp_t gfp), (size, gfp), NULL)
FAULT_TAKE(FAULT_MEMORY, void *, kvzalloc, (size_t size, gfp_t gfp), (size, gfp), NULL)
FAULT_TAKE(FAULT_MEMORY, void *, kvcalloc, (size_t n, size_t size, gfp_t gfp), (n, size, gfp), NULL)
FAULT_TAKE(FAULT_MEMORY, void *, kvmalloc_array, (size_t n, size_t size, gfp_t gfp), (n, size, gfp), NULL)
FAULT_TAKE(FAULT_MEMORY, char *, kstrdup, (const char *text, gfp_t gfp), (text, gfp), NULL)
FAULT_TAKE(FAULT_MEMORY, void *, memdup_user, (const void __user *from, size_t size), (from, size),
	   ERR_PTR(-ENOMEM))
FAULT_GIVE(FAULT_MEMORY, const void *, kfree)
FAULT_GIVE(FAULT_MEMORY, const void *, kvfree)

static inline char *fault_keep(char *text)
{
	if (text)
		fault_hold(FAULT_MEMORY, 1);
	return text;
}

/* Macros in the kernel */
static inline struct page *fault_alloc_page(gfp_t gfp)
{
	struct page *page = fault_strikes("alloc_page") ? NULL : alloc_pages(gfp, 0);

	if (page)
		fault_hold(FAULT_MEMORY, 1);
	return page;
}

static inline void fault___free_page(struct page *page)
{
	fault_hold(FAULT_MEMORY, -1);
	__free_pages(page, 0);
}

/* Memory files */
FAULT(int, simple_pin_fs, (struct file_system_type *type, struct vfsmount **mount, int *count),
      (type, mount, count), -ENOMEM)
FAULT(struct inode *, alloc_anon_inode, (struct super_block *super), (super), ERR_PTR(-ENOMEM))
FAULT(struct file *, alloc_file_pseudo, (struct inode *inode, struct vfsmount *mount, const char *name, int flags,
					 const struct file_operations *operations),
      (inode, mount, name, flags, operations), ERR_PTR(-ENFILE))

/* Memory of an instance, seen by the host; and memory's names */
FAULT_TAKE(FAULT_MAPPING, void *, memremap, (resource_size_t offset, size_t size, unsigned long flags),
	   (offset, size, flags), NULL)
FAULT_GIVE(FAULT_MAPPING, void *, memunmap)

static inline int fault_insert_resource(struct resource *parent, struct resource *resource)
{
	int error = fault_strikes("insert_resource") ? -EBUSY : insert_resource(parent, resource);

	if (!error)
		fault_hold(FAULT_NAME, 1);
	return error;
}

static inline int fault_remove_resource(struct resource *resource)
{
	fault_hold(FAULT_NAME, -1);
	return remove_resource(resource);
}

/* Hotplug */
FAULT(int, remove_cpu, (unsigned int cpu), (cpu), -EBUSY)
FAULT(int, add_cpu, (unsigned int cpu), (cpu), -ENOMEM)
FAULT(int, cpuhp_setup_state_nocalls, (enum cpuhp_state state, const char *name, int (*startup)(unsigned int),
				       int (*teardown)(unsigned int)),
      (state, name, startup, teardown), -ENOSPC)
FAULT(int, offline_and_remove_memory, (u64 start, u64 size), (start, size), -EBUSY)
FAULT(int, add_memory, (int node, u64 start, u64 size, mhp_t flags), (node, start, size, flags), -ENOMEM)
FAULT(int, mk_alloc_contig_range, (unsigned long start, unsigned long end), (start, end), -EBUSY)
FAULT(int, set_memory_uc, (unsigned long address, int pages), (address, pages), -ENOMEM)

/* Files */
FAULT(struct cred *, prepare_kernel_cred, (struct task_struct *task), (task), NULL)
FAULT_TAKE(FAULT_FILE, struct file *, fget, (unsigned int fd), (fd), NULL)
FAULT_TAKE(FAULT_FILE, struct file *, file_open_root, (const struct path *root, const char *name, int flags,
						       umode_t mode),
	   (root, name, flags, mode), ERR_PTR(-ENOMEM))
FAULT_GIVE(FAULT_FILE, struct file *, fput)
FAULT_TAKE(FAULT_FILE, struct vfsmount *, kern_mount, (struct file_system_type *type), (type), ERR_PTR(-ENOMEM))
FAULT_GIVE(FAULT_FILE, struct vfsmount *, kern_unmount)
FAULT(struct file_system_type *, get_fs_type, (const char *name), (name), NULL)
/* As of a file system far away; it must not be taken for the errno of a CPU that does not start. */
FAULT(ssize_t, kernel_read, (struct file *file, void *buffer, size_t size, loff_t *position),
      (file, buffer, size, position), -ETIMEDOUT)
FAULT(ssize_t, kernel_write, (struct file *file, const void *buffer, size_t size, loff_t *position),
      (file, buffer, size, position), -EIO)
FAULT(ssize_t, kernel_read_file, (struct file *file, loff_t offset, void **buffer, size_t size,
				  size_t *file_size, enum kernel_read_file_id id),
      (file, offset, buffer, size, file_size, id), -ETIMEDOUT)

/* Directories and their files */
FAULT(struct kobject *, kobject_create_and_add, (const char *name, struct kobject *parent), (name, parent), NULL)
FAULT(int, sysfs_create_file, (struct kobject *kobject, const struct attribute *attribute), (kobject, attribute),
      -ENOMEM)
FAULT(int, sysfs_create_group, (struct kobject *kobject, const struct attribute_group *group),
      (kobject, group), -ENOMEM)

/* Interrupts, notifiers, terminals, workers */
FAULT(int, irq_domain_alloc_irqs, (struct irq_domain *domain, unsigned int count, int node, void *arg),
      (domain, count, node, arg), -ENOSPC)
FAULT(int, request_irq, (unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name,
			 void *device),
      (irq, handler, flags, name, device), -ENOMEM)
FAULT(int, register_pm_notifier, (struct notifier_block *block), (block), -EEXIST)
FAULT(int, register_reboot_notifier, (struct notifier_block *block), (block), -EEXIST)
FAULT(int, tty_register_driver, (struct tty_driver *driver), (driver), -ENOMEM)
FAULT(struct device *, tty_port_register_device, (struct tty_port *port, struct tty_driver *driver,
						  unsigned int index, struct device *device),
      (port, driver, index, device), ERR_PTR(-ENOMEM))
FAULT(struct tty_driver *, __tty_alloc_driver, (unsigned int lines, struct module *owner, unsigned long flags),
      (lines, owner, flags), ERR_PTR(-ENOMEM))
FAULT(void *, xa_store, (struct xarray *array, unsigned long index, void *entry, gfp_t gfp),
      (array, index, entry, gfp), XA_ERROR(-ENOMEM))

static inline struct workqueue_struct *fault_alloc_workqueue(const char *name, unsigned int flags, int active)
{
	return fault_strikes("alloc_workqueue") ? NULL : alloc_workqueue("%s", flags, active, name);
}

/* From here on the sources call the above. Some of these are macros in some kernels. */
#undef kzalloc
#undef kvmalloc
#undef kvzalloc
#undef kvcalloc
#undef kvmalloc_array
#undef kstrdup
#undef memdup_user
#undef alloc_workqueue
#define kzalloc fault_kzalloc
#define kvmalloc fault_kvmalloc
#define kvzalloc fault_kvzalloc
#define kvcalloc fault_kvcalloc
#define kvmalloc_array fault_kvmalloc_array
#define kstrdup fault_kstrdup
#define memdup_user fault_memdup_user
#define kfree fault_kfree
#define kvfree fault_kvfree
#define memremap fault_memremap
#define memunmap fault_memunmap
#define insert_resource fault_insert_resource
#define remove_resource fault_remove_resource
#define remove_cpu fault_remove_cpu
#define add_cpu fault_add_cpu
#define offline_and_remove_memory fault_offline_and_remove_memory
#define add_memory fault_add_memory
#define mk_alloc_contig_range fault_mk_alloc_contig_range
#define set_memory_uc fault_set_memory_uc
#define prepare_kernel_cred fault_prepare_kernel_cred
#define fget fault_fget
#define fput fault_fput
#define file_open_root fault_file_open_root
#define kern_mount fault_kern_mount
#define kern_unmount fault_kern_unmount
#define get_fs_type fault_get_fs_type
#define kernel_read fault_kernel_read
#define kernel_write fault_kernel_write
#define kernel_read_file fault_kernel_read_file
#define kobject_create_and_add fault_kobject_create_and_add
#define sysfs_create_group fault_sysfs_create_group
#define sysfs_create_file fault_sysfs_create_file
#undef alloc_page
#define alloc_page fault_alloc_page
#undef __free_page
#define __free_page fault___free_page
#define simple_pin_fs fault_simple_pin_fs
#define alloc_anon_inode fault_alloc_anon_inode
#define alloc_file_pseudo fault_alloc_file_pseudo
#define irq_domain_alloc_irqs fault_irq_domain_alloc_irqs
#define request_irq fault_request_irq
#define register_pm_notifier fault_register_pm_notifier
#define register_reboot_notifier fault_register_reboot_notifier
#define tty_register_driver fault_tty_register_driver
#define tty_port_register_device fault_tty_port_register_device
#define __tty_alloc_driver fault___tty_alloc_driver
#define xa_store fault_xa_store
#define alloc_workqueue fault_alloc_workqueue
#define cpuhp_setup_state_nocalls fault_cpuhp_setup_state_nocalls

/* Any number of parameters */
#define kasprintf(...) fault_keep(fault_strikes("kasprintf") ? NULL : kasprintf(__VA_ARGS__))
#define kobject_add(...) (fault_strikes("kobject_add") ? -ENOMEM : kobject_add(__VA_ARGS__))

#endif

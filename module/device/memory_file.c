// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each file has an inode of its own, so that all mappings of it, whoever has them, can be taken away
 * at once; as DRM does it (drivers/gpu/drm/drm_drv.c).
 *
 * mmap() maps nothing: it runs before the area is in the inode's tree (mm/mmap.c, mmap_region()),
 * where unmap_mapping_range() would not find it. Faults map, and look before whether they may. As
 * long as a fault holds the lock nothing is taken away; the model is vfio_pci_mmap_fault().
 *
 * Memory is mapped write-back, whatever the host's table of memory types says, which does not know
 * what the host has given up: vmf_insert_pfn() would map that uncached (see instance_map_user()).
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>
#include <linux/rwsem.h>
#include <linux/slab.h>

#include "compat.h"
#include "device/memory_file.h"
#include "instance/instance_memory.h"
#include "device_setup.h"
#include "ranges.h"

#define FILE_SYSTEM_MAGIC 0x6d6b6d66	/* "mkmf", in no list of the kernel's */

/**
 * struct memory_file - one of them
 * @references: the file's, and its maker's
 * @lock:       guards @shown: faults read, a change writes
 * @shown:      what is to be seen; for all else faults map @dummy
 * @range:      the array of @shown
 * @open:       the file is not released
 * @whole:      the addresses that it has
 * @dummy:      a page of nobody
 * @inode:      the file's own
 */
struct memory_file {
	struct kref references;
	struct rw_semaphore lock;
	struct mk_ranges shown;
	struct mk_range range[MK_DEVICE_REGIONS_MAX];
	bool open;
	struct mk_range whole;
	struct page *dummy;
	struct inode *inode;
};

static struct vfsmount *mount;
static int mount_count;

static int init_file_system(struct fs_context *context)
{
	return init_pseudo(context, FILE_SYSTEM_MAGIC) ? 0 : -ENOMEM;
}

static struct file_system_type file_system = {
	.owner = THIS_MODULE,
	.name = "multikernel_memory",
	.init_fs_context = init_file_system,
	.kill_sb = kill_anon_super,
};

static void memory_file_free(struct kref *references)
{
	struct memory_file *memory = container_of(references, struct memory_file, references);

	iput(memory->inode);
	simple_release_fs(&mount, &mount_count);
	__free_page(memory->dummy);
	kfree(memory);
}

void memory_file_put(struct memory_file *memory)
{
	kref_put(&memory->references, memory_file_free);
}

bool memory_file_in_use(const struct memory_file *memory)
{
	return READ_ONCE(memory->open);
}

/* The page frame that is seen at the start of an area. */
static unsigned long first_frame(const struct memory_file *memory, const struct vm_area_struct *area)
{
	return (memory->whole.start >> PAGE_SHIFT) + area->vm_pgoff;
}

/* Is all of the piece around a fault to be seen? As instance_map_user() has pieces. */
static bool is_shown(const struct memory_file *memory, const struct vm_fault *fault,
		     unsigned long bytes)
{
	const struct vm_area_struct *area = fault->vma;
	unsigned long piece = mk_align_down(fault->address, bytes);
	unsigned long start = max(piece, area->vm_start);
	unsigned long end = min(piece + bytes, area->vm_end);
	u64 physical = ((u64)first_frame(memory, area) << PAGE_SHIFT) + (start - area->vm_start);

	return mk_ranges_find(&memory->shown, physical, end - start);
}

/* Whoever has lost the memory may be in the midst of serving others: no signal, but a page. */
static vm_fault_t map_dummy(struct memory_file *memory, struct vm_fault *fault)
{
	struct vm_area_struct *area = fault->vma;
	unsigned long address = fault->address & PAGE_MASK;
	unsigned long before = (address - area->vm_start) >> PAGE_SHIFT;

	return instance_map_user(area, address, PAGE_SIZE, page_to_pfn(memory->dummy) - before);
}

static vm_fault_t memory_file_fault(struct vm_fault *fault)
{
	struct vm_area_struct *area = fault->vma;
	struct memory_file *memory = area->vm_private_data;
	unsigned long first = first_frame(memory, area);
	vm_fault_t result;

	down_read(&memory->lock);
	if (is_shown(memory, fault, MK_LARGE_PAGE_SIZE))
		result = instance_map_user(area, fault->address, MK_LARGE_PAGE_SIZE, first);
	else if (is_shown(memory, fault, PAGE_SIZE))
		result = instance_map_user(area, fault->address, PAGE_SIZE, first);
	else
		result = map_dummy(memory, fault);
	up_read(&memory->lock);
	return result;
}

static const struct vm_operations_struct area_operations = { .fault = memory_file_fault };

static int memory_file_mmap(struct file *file, struct vm_area_struct *area)
{
	struct memory_file *memory = file->private_data;
	u64 pages = memory->whole.size >> PAGE_SHIFT;

	if (area->vm_pgoff > pages || vma_pages(area) > pages - area->vm_pgoff)
		return -ENXIO;
	if (!(area->vm_flags & VM_SHARED))
		return -EINVAL;	/* a copy on write would be ordinary memory, which stays */
	/*
	 * Not VM_PFNMAP: VFIO takes the page frames of such an area for its devices and is not told when
	 * they are taken away (drivers/vfio/vfio_iommu_type1.c, vaddr_get_pfns()). VM_IO alone already keeps
	 * pages from being pinned.
	 */
	mk_change_area_flags(area, VM_IO | VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY, 0);
	area->vm_private_data = memory;
	area->vm_ops = &area_operations;
	return 0;
}

/* Engines ask for the size by going to the end. */
static loff_t memory_file_seek(struct file *file, loff_t offset, int whence)
{
	const struct memory_file *memory = file->private_data;

	return fixed_size_llseek(file, offset, whence, memory->whole.size);
}

static int memory_file_release(struct inode *inode, struct file *file)
{
	struct memory_file *memory = file->private_data;

	WRITE_ONCE(memory->open, false);
	memory_file_put(memory);
	return 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.llseek = memory_file_seek,
	.mmap = memory_file_mmap,
	.release = memory_file_release,
};

static int make_inode(struct memory_file *memory)
{
	int error = simple_pin_fs(&file_system, &mount, &mount_count);

	if (error)
		return error;
	memory->inode = alloc_anon_inode(mount->mnt_sb);
	if (IS_ERR(memory->inode)) {
		simple_release_fs(&mount, &mount_count);
		return PTR_ERR(memory->inode);
	}
	i_size_write(memory->inode, memory->whole.size);
	return 0;
}

/* The file has a reference to the inode, and the module is held by it (__fput() lets it go). */
static struct file *make_file(struct memory_file *memory)
{
	struct file *file;

	ihold(memory->inode);
	__module_get(THIS_MODULE);
	file = alloc_file_pseudo(memory->inode, mount, "memory", O_RDWR, &operations);
	if (IS_ERR(file)) {
		module_put(THIS_MODULE);
		iput(memory->inode);
		return file;
	}
	file->f_mode |= FMODE_LSEEK;
	file->private_data = memory;
	kref_get(&memory->references);
	memory->open = true;
	return file;
}

static void set_shown(struct memory_file *memory, const struct mk_ranges *shown)
{
	memory->shown.count = shown->count;
	memcpy(memory->range, shown->range, shown->count * sizeof(*memory->range));
}

struct memory_file *memory_file_new(const struct mk_range *whole, const struct mk_ranges *shown,
				    struct file **file)
{
	struct memory_file *memory = kzalloc(sizeof(*memory), GFP_KERNEL);
	struct file *made;
	int error = -ENOMEM;

	if (!memory)
		return ERR_PTR(-ENOMEM);
	kref_init(&memory->references);
	init_rwsem(&memory->lock);
	memory->shown.range = memory->range;
	memory->shown.capacity = ARRAY_SIZE(memory->range);
	memory->whole = *whole;
	set_shown(memory, shown);
	memory->dummy = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!memory->dummy)
		goto free;
	error = make_inode(memory);
	if (error)
		goto free_dummy;
	made = make_file(memory);
	if (IS_ERR(made)) {
		memory_file_put(memory);
		return ERR_CAST(made);
	}
	*file = made;
	return memory;

free_dummy:
	__free_page(memory->dummy);
free:
	kfree(memory);
	return ERR_PTR(error);
}

bool memory_file_has(const struct memory_file *memory, const struct mk_range *range)
{
	return range->start >= memory->whole.start &&
	       mk_range_end(range) <= mk_range_end(&memory->whole);
}

void memory_file_show(struct memory_file *memory, const struct mk_ranges *shown)
{
	down_write(&memory->lock);
	if (shown)
		set_shown(memory, shown);
	else
		memory->shown.count = 0;
	up_write(&memory->lock);
	unmap_mapping_range(memory->inode->i_mapping, 0, 0, 1);
}

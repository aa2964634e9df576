// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells of a page that a process has mapped whether it is cached, by the entry in the page table,
 * which an emulator does not care about: write-back is the entry without any of the three bits
 * (Intel SDM volume 3, "Page Attribute Table"). Loaded for that with pid= and address=; it is never
 * there for longer.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pgtable.h>
#include <linux/sched/mm.h>

static int pid;
module_param(pid, int, 0);
static ulong address;
module_param(address, ulong, 0);

static pte_t *find_entry(struct mm_struct *mm)
{
	pgd_t *pgd = pgd_offset(mm, address);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (pgd_none(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, address);
	if (p4d_none(*p4d))
		return NULL;
	pud = pud_offset(p4d, address);
	if (pud_none(*pud))
		return NULL;
	pmd = pmd_offset(pud, address);
	if (pmd_none(*pmd) || pmd_leaf(*pmd))
		return NULL;
	return pte_offset_kernel(pmd, address);
}

static void tell(struct mm_struct *mm)
{
	pte_t *entry = find_entry(mm);

	if (!entry || pte_none(*entry))
		pr_info("caching: nothing is mapped\n");
	else if (pte_val(*entry) & (_PAGE_PWT | _PAGE_PCD | _PAGE_PAT))
		pr_info("caching: not write-back\n");
	else
		pr_info("caching: write-back, frame 0x%lx\n", pte_pfn(*entry));
}

static int __init caching_init(void)
{
	struct task_struct *task = get_pid_task(find_vpid(pid), PIDTYPE_PID);
	struct mm_struct *mm = task ? get_task_mm(task) : NULL;

	if (mm) {
		mmap_read_lock(mm);
		tell(mm);
		mmap_read_unlock(mm);
		mmput(mm);
	}
	if (task)
		put_task_struct(task);
	return -ECANCELED;
}
module_init(caching_init);

MODULE_DESCRIPTION("Tells whether a page of a process is cached, for tests");
MODULE_LICENSE("GPL");

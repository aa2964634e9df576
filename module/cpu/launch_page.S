/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page a CPU begins on after a SIPI: from real mode through protected mode into long mode, then
 * to the 64-bit entry of a kernel; or, to find out whether a CPU obeys at all, to a mark and a halt,
 * where it stays.
 *
 * It is copied to a page below 1 MB, never run where it is linked, and therefore data to the
 * linker. struct launch_page in launch.c describes its beginning; launch.c fills that in.
 *
 * Source: Intel SDM volume 3, "Mode Switching" and "Initializing IA-32e Mode";
 * Documentation/arch/x86/boot.rst, "64-bit Boot Protocol" (segments 0x10 and 0x18, interrupts off,
 * %rsi = boot_params).
 */
#include <linux/linkage.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#define MARK_PARKED 1
#define MARK_LAUNCHED 2
#define CODE32 0x08
#define CODE64 0x10
#define DATA 0x18

#define CPUID_FEATURES 7		/* Intel SDM volume 2, CPUID */
#define FEATURE_TRACE (1 << 25)		/* in %ebx: Intel Processor Trace */
#define TRACE_ON 0			/* bit of its control register */
#define CPUID_COUNTERS 0xa
#define COUNTERS_VERSION 2		/* since which one register turns all of them off */

#define GATE_SIZE 8
#define PAGE_BYTES 4096

#define OFFSET(label) ((label) - launch_page)

	.section .rodata, "a"
	.balign 16
SYM_DATA_START(launch_page)
	.code16
	jmp	begin
	.balign 8
park:		.long 0		/* do not launch, only show that the CPU obeys */
mark:		.long 0		/* how far the CPU came */
root_table:	.long 0		/* page tables */
enter32:	.long 0		/* linear address of begin32 */
		.word CODE32
enter64:	.long 0		/* linear address of begin64 */
		.word CODE64
gdt_pointer:	.word gdt_end - gdt - 1
		.long 0		/* linear address of gdt */
idt_pointer:	.word 0		/* no exception can be taken: it would be a triple fault */
		.long 0
	.balign 8
entry:		.quad 0
boot_params:	.quad 0
park_idt_pointer: .word park_idt_end - park_idt - 1
		.long 0		/* linear address of park_idt */
	.balign 8

gdt:	.quad 0
	.quad 0x00cf9a000000ffff	/* CODE32: flat, execute and read */
	.quad 0x00af9a000000ffff	/* CODE64: the same, long mode */
	.quad 0x00cf92000000ffff	/* DATA: flat, read and write */
gdt_end:

begin:
	cli
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	xorl	%ebx, %ebx		/* linear address of this page, kept from here on */
	movw	%ax, %bx
	shll	$4, %ebx
	lidtl	OFFSET(idt_pointer)
	lgdtl	OFFSET(gdt_pointer)
	movl	$X86_CR0_PE, %eax	/* also turns the caches on, which INIT may have left off */
	movl	%eax, %cr0
	ljmpl	*OFFSET(enter32)

	.code32
begin32:
	movl	$DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	cmpl	$0, OFFSET(park)(%ebx)
	jne	park32
	movl	$X86_CR4_PAE, %eax
	movl	%eax, %cr4
	movl	OFFSET(root_table)(%ebx), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$(1 << _EFER_LME), %eax
	wrmsr
	movl	$(X86_CR0_PG | X86_CR0_PE), %eax
	movl	%eax, %cr0
	ljmpl	*OFFSET(enter64)(%ebx)

	.code64
begin64:
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movq	OFFSET(boot_params)(%rbx), %rsi
	movq	OFFSET(entry)(%rbx), %rax
	movl	$MARK_LAUNCHED, OFFSET(mark)(%rbx)
	jmp	*%rax

/*
 * A CPU stays here for as long as nothing runs on it. INIT has cleared CR4.MCE, and with that clear a
 * machine check, which many machines broadcast to all CPUs, shuts the machine down; so it is set, and
 * the mark, which is the proof, comes after. All parked CPUs share this page and its stack: what is
 * pushed there is never read. After an exception a CPU begins its rest anew. NMIs stay blocked then,
 * for want of an IRET, which is as well.
 *
 * Nor does it go on with what writes to memory by itself, where the last kernel has had it do so: INIT
 * leaves Intel PT on (SDM volume 3, "IA32_RTIT_CTL MSR": a reset and an SMI end it), which writes to physical
 * addresses whatever the CPU runs from then on, and the counters, which may have a record written (PEBS).
 * Nor is INIT said to end the branch trace store, which has one written at each jump, in the debug control
 * register; without paging the address of its buffer is a physical one.
 */
	.code32
park32:
	lidtl	OFFSET(park_idt_pointer)(%ebx)
	movl	$X86_CR4_MCE, %eax
	leal	PAGE_BYTES(%ebx), %esp
	movl	%eax, %cr4
	movl	%ebx, %edi		/* CPUID takes that */
	xorl	%eax, %eax
	cpuid
	movl	%eax, %esi		/* the last leaf */
	cmpl	$CPUID_FEATURES, %esi
	jb	quiet
	movl	$CPUID_FEATURES, %eax
	xorl	%ecx, %ecx
	cpuid
	testl	$FEATURE_TRACE, %ebx
	jz	no_trace
	movl	$MSR_IA32_RTIT_CTL, %ecx
	rdmsr
	btrl	$TRACE_ON, %eax
	wrmsr
no_trace:
	cmpl	$CPUID_COUNTERS, %esi
	jb	quiet
	movl	$CPUID_COUNTERS, %eax
	xorl	%ecx, %ecx
	cpuid
	cmpb	$COUNTERS_VERSION, %al
	jb	quiet
	xorl	%eax, %eax
	xorl	%edx, %edx
	movl	$MSR_CORE_PERF_GLOBAL_CTRL, %ecx
	wrmsr
	movl	$MSR_IA32_DEBUGCTLMSR, %ecx
	wrmsr
quiet:					/* also where such a register is none, against all promises */
	movl	%edi, %ebx
	movl	$MARK_PARKED, OFFSET(mark)(%ebx)
rest:
	leal	PAGE_BYTES(%ebx), %esp
1:	hlt
	jmp	1b

/* As the kernel does for its own offline CPUs (arch/x86/kernel/cpu/mce/core.c, mce_check_crashing_cpu()). */
machine_check:
	xorl	%eax, %eax
	xorl	%edx, %edx
	movl	$MSR_IA32_MCG_STATUS, %ecx
	wrmsr
	jmp	rest

	.balign 8
park_idt:
	.fill	(X86_TRAP_MC + 1) * GATE_SIZE, 1, 0	/* three gates are filled in by launch.c */
park_idt_end:
SYM_DATA_END_LABEL(launch_page, SYM_L_GLOBAL, launch_page_end)

	.balign 4
SYM_DATA_START(launch_page_offsets)	/* what launch.c needs to know of the labels above */
	.long	OFFSET(begin32)
	.long	OFFSET(begin64)
	.long	OFFSET(gdt)
	.long	OFFSET(park_idt)
	.long	OFFSET(machine_check)
	.long	OFFSET(rest)
	.long	OFFSET(quiet)
SYM_DATA_END(launch_page_offsets)

/* SPDX-License-Identifier: MIT */
/*
 * Image layout: text (RX), constants (R), the stack, data (RW).  The stack lies above read-only
 * pages, so that running over its end is a fault.  Nothing is mapped at address 0.
 */
OUTPUT_FORMAT("elf64-x86-64")
ENTRY(_start)

PHDRS
{
	text PT_LOAD FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	stack PT_LOAD FLAGS(6);
	data PT_LOAD FLAGS(6);
	note PT_NOTE FLAGS(4);
}

PROVIDE(mapped_kib = 64);

SECTIONS
{
	. = MINIOS_VIRT_BASE;
	_text = .;
	.text : {
		KEEP(*(.text.head))
		*(.text .text.*)
	} :text
	.hypercall (NOLOAD) : ALIGN(4096) { KEEP(*(.hypercall)) } :text

	. = ALIGN(4096);
	_rodata = .;
	.note.Xen : { KEEP(*(.note.Xen)) } :rodata :note
	.rodata : ALIGN(64) {
		*(.rodata .rodata.*)
		. = ALIGN(8);
		_fixups = .;
		KEEP(*(.fixup_table))
		_fixups_end = .;
	} :rodata

	.stack (NOLOAD) : ALIGN(4096) { KEEP(*(.stack)) } :stack

	.data : ALIGN(4096) {
		_data = .;
		*(.data .data.*)
	} :data
	.bss (NOLOAD) : ALIGN(4096) {
		. = ALIGN(4096);
		_windows = .;
		*(.bss..window)
		. = ALIGN(4096);
		_windows_end = .;
		*(.bss .bss.* COMMON)
		. = ALIGN(4096);
		_end = .;
	} :data

	/DISCARD/ : { *(.comment .note.gnu.* .note.GNU-stack .eh_frame .eh_frame_hdr) }
}

// What a pod's sandbox runs, for aarch64 Linux. The same program as pause_amd64.S, which
// says why it is as it is.

        .set    BASE, 0x400000

        .text
        .globl  _start
elf:                                    // Elf64_Ehdr
        .byte   0x7f, 'E', 'L', 'F', 2, 1, 1, 0
        .quad   0
        .short  2                       // e_type: ET_EXEC
        .short  183                     // e_machine: EM_AARCH64
        .long   1
        .quad   _start                  // e_entry
        .quad   segment - elf           // e_phoff
        .quad   0
        .long   0
        .short  64, 56, 1, 64, 0, 0     // sizes; one program header, no sections
segment:                                // Elf64_Phdr
        .long   1                       // p_type: PT_LOAD
        .long   5                       // p_flags: read and execute
        .quad   0                       // p_offset
        .quad   BASE, BASE              // p_vaddr, p_paddr
        .quad   end - elf, end - elf    // p_filesz, p_memsz
        .quad   0x10000                 // p_align: the largest page size in use

signals:                                // bit n-1 stands for signal n
        .quad   (1 << (2 - 1)) | (1 << (15 - 1)) | (1 << (17 - 1))

_start:
        mov     x8, #135                // rt_sigprocmask(SIG_BLOCK, &signals, NULL, 8)
        mov     x0, #0
        adr     x1, signals
        mov     x2, #0
        mov     x3, #8
        svc     #0
wait:
        mov     x8, #137                // rt_sigtimedwait(&signals, NULL, NULL, 8)
        adr     x0, signals
        mov     x1, #0
        mov     x2, #0
        mov     x3, #8
        svc     #0
        cmp     x0, #17                 // SIGCHLD
        b.eq    reap
        cmp     x0, #15                 // SIGTERM
        b.eq    leave
        cmp     x0, #2                  // SIGINT
        b.ne    wait                    // EINTR and the like
leave:
        mov     x8, #93                 // exit(0)
        mov     x0, #0
        svc     #0
reap:
        mov     x8, #260                // wait4(-1, NULL, WNOHANG, NULL)
        mov     x0, #-1
        mov     x1, #0
        mov     x2, #1
        mov     x3, #0
        svc     #0
        cmp     x0, #0
        b.gt    reap                    // signals of one kind merge: take all who ended
        b       wait
end:

# What a pod's sandbox runs, for x86_64 Linux: a static ELF file made by hand, so that
# the image is one file of a few hundred bytes and nothing needs to be pulled.
#
# It blocks SIGINT, SIGTERM and SIGCHLD and takes them one by one: SIGCHLD reaps whatever
# ended (in a shared PID namespace this is process 1), the other two end the program.
# A process 1 without this would ignore SIGTERM and cost every pod a ten-second stop.

        .set    BASE, 0x400000

        .text
        .globl  _start
elf:                                    # Elf64_Ehdr
        .byte   0x7f, 'E', 'L', 'F', 2, 1, 1, 0
        .quad   0
        .short  2                       # e_type: ET_EXEC
        .short  62                      # e_machine: EM_X86_64
        .long   1
        .quad   _start                  # e_entry
        .quad   segment - elf           # e_phoff
        .quad   0
        .long   0
        .short  64, 56, 1, 64, 0, 0     # sizes; one program header, no sections
segment:                                # Elf64_Phdr
        .long   1                       # p_type: PT_LOAD
        .long   5                       # p_flags: read and execute
        .quad   0                       # p_offset
        .quad   BASE, BASE              # p_vaddr, p_paddr
        .quad   end - elf, end - elf    # p_filesz, p_memsz
        .quad   0x1000                  # p_align

signals:                                # bit n-1 stands for signal n
        .quad   (1 << (2 - 1)) | (1 << (15 - 1)) | (1 << (17 - 1))

_start:
        mov     $14, %eax               # rt_sigprocmask(SIG_BLOCK, &signals, NULL, 8)
        xor     %edi, %edi
        mov     $signals, %esi
        xor     %edx, %edx
        mov     $8, %r10d
        syscall
wait:
        mov     $128, %eax              # rt_sigtimedwait(&signals, NULL, NULL, 8)
        mov     $signals, %edi
        xor     %esi, %esi
        xor     %edx, %edx
        mov     $8, %r10d
        syscall
        cmp     $17, %eax               # SIGCHLD
        je      reap
        cmp     $15, %eax               # SIGTERM
        je      leave
        cmp     $2, %eax                # SIGINT
        jne     wait                    # EINTR and the like
leave:
        mov     $60, %eax               # exit(0)
        xor     %edi, %edi
        syscall
reap:
        mov     $61, %eax               # wait4(-1, NULL, WNOHANG, NULL)
        mov     $-1, %rdi
        xor     %esi, %esi
        mov     $1, %edx
        xor     %r10d, %r10d
        syscall
        test    %eax, %eax
        jg      reap                    # signals of one kind merge: take all who ended
        jmp     wait
end:

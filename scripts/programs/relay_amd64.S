# What carries the bytes of `kctl port-forward` into a pod's network namespace, for x86_64
# Linux: a static ELF file made by hand, so that it needs nothing from anybody's image.
#
#   /relay         waits until its standard input ends: the container that holds it lives as
#                  long as somebody is attached
#   /relay PORT    connects to 127.0.0.1:PORT, or else [::1]:PORT, and copies standard input
#                  to it and it to standard output; exits with the errno of a failed connect
#
# Two processes copy, one a direction, so that neither waits for the other. The end of
# standard input ends one direction of the connection; the end of the connection ends all.

        .set    BASE, 0x400000
        .set    SIZE, 0x10000           # of the buffer, on the stack

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

_start:
        mov     (%rsp), %rcx            # argc
        mov     16(%rsp), %rsi          # argv[1]
        sub     $SIZE + 32, %rsp        # sockaddr at the bottom, the buffer above it
        cmp     $2, %ecx
        jb      hold

        xor     %ebx, %ebx              # the port, decimal
digit:
        movzbl  (%rsi), %eax
        test    %eax, %eax
        jz      parsed
        imul    $10, %ebx
        lea     -48(%rbx,%rax), %ebx
        inc     %rsi
        jmp     digit
parsed:
        xchg    %bl, %bh                # in network order
        movzwl  %bx, %ebx
        shl     $16, %ebx               # behind the address family

        mov     %rbx, %rax              # sockaddr_in: 127.0.0.1
        or      $2, %rax
        mov     $0x0100007f, %ecx
        shl     $32, %rcx
        or      %rcx, %rax
        mov     %rax, (%rsp)
        movq    $0, 8(%rsp)
        mov     $2, %edi                # AF_INET
        mov     $16, %ebp
        call    connect
        test    %eax, %eax
        jz      connected
        mov     %eax, %r13d             # what people want to know of, if both fail

        or      $10, %ebx               # sockaddr_in6: ::1
        mov     %rbx, (%rsp)
        movq    $0, 8(%rsp)
        mov     $1, %eax
        shl     $56, %rax
        mov     %rax, 16(%rsp)
        movq    $0, 24(%rsp)
        mov     $10, %edi               # AF_INET6
        mov     $28, %ebp
        call    connect
        test    %eax, %eax
        jz      connected
        mov     %r13d, %edi
        neg     %edi
        jmp     leave

connect:                                # edi: family, ebp: length; eax: 0 or -errno
        mov     $41, %eax               # socket(family, SOCK_STREAM, 0)
        mov     $1, %esi
        xor     %edx, %edx
        syscall
        test    %eax, %eax
        js      back
        mov     %eax, %r12d
        mov     $42, %eax               # connect(socket, sockaddr, length)
        mov     %r12d, %edi
        lea     8(%rsp), %rsi
        mov     %ebp, %edx
        syscall
back:
        ret

connected:
        mov     $57, %eax               # fork()
        syscall
        test    %eax, %eax
        js      fail
        jz      child
        mov     %eax, %r13d
        mov     %r12d, %r14d            # the connection to standard output
        mov     $1, %r15d
        call    copy
        mov     $62, %eax               # kill(child, SIGKILL)
        mov     %r13d, %edi
        mov     $9, %esi
        syscall
        xor     %edi, %edi
leave:
        mov     $231, %eax              # exit_group(edi)
        syscall
fail:
        neg     %eax
        mov     %eax, %edi
        jmp     leave

child:
        mov     $157, %eax              # prctl(PR_SET_PDEATHSIG, SIGKILL): should it be killed
        mov     $1, %edi
        mov     $9, %esi
        syscall
        xor     %r14d, %r14d            # standard input to the connection
        mov     %r12d, %r15d
        call    copy
        mov     $48, %eax               # shutdown(connection, SHUT_WR)
        mov     %r12d, %edi
        mov     $1, %esi
        syscall
        xor     %edi, %edi
        jmp     leave

copy:                                   # all of r14d to r15d
        mov     %r14d, %edi
        call    read
        test    %rax, %rax
        jle     back
        lea     40(%rsp), %rbx
        mov     %rax, %rbp
write:
        mov     $1, %eax                # write(r15d, rbx, rbp)
        mov     %r15d, %edi
        mov     %rbx, %rsi
        mov     %rbp, %rdx
        syscall
        test    %rax, %rax
        jle     back
        add     %rax, %rbx
        sub     %rax, %rbp
        jnz     write
        jmp     copy

read:                                   # edi: from where; two returns stand on the stack
        xor     %eax, %eax              # read(edi, buffer, SIZE)
        lea     48(%rsp), %rsi
        mov     $SIZE, %edx
        syscall
        ret

hold:
        push    %rcx                    # as deep as `copy` stands
        xor     %edi, %edi
        call    read
        pop     %rcx
        test    %rax, %rax
        jg      hold
        xor     %edi, %edi
        jmp     leave
end:

// What carries the bytes of `kctl port-forward` into a pod's network namespace, for aarch64
// Linux. The same program as relay_amd64.S, which says what it does and why.

        .set    BASE, 0x400000
        .set    SIZE, 0x10000           // of the buffer, on the stack

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

_start:
        ldr     x9, [sp]                // argc
        ldr     x10, [sp, #16]          // argv[1]
        sub     sp, sp, #32             // sockaddr
        mov     x28, sp
        sub     sp, sp, #SIZE           // the buffer
        mov     x27, sp
        cmp     x9, #2
        b.lo    hold

        mov     w19, #0                 // the port, decimal
        mov     w11, #10
digit:
        ldrb    w12, [x10], #1
        cbz     w12, parsed
        sub     w12, w12, #48
        madd    w19, w19, w11, w12
        b       digit
parsed:
        rev16   w19, w19                // in network order
        lsl     w19, w19, #16           // behind the address family

        orr     w12, w19, #2            // sockaddr_in: 127.0.0.1
        mov     w13, #0x007f
        movk    w13, #0x0100, lsl #16
        stp     w12, w13, [x28]
        str     xzr, [x28, #8]
        mov     x0, #2                  // AF_INET
        mov     x20, #16
        bl      connect
        cbz     x0, connected
        mov     x21, x0                 // what people want to know of, if both fail

        mov     w12, #10                // sockaddr_in6: ::1
        orr     w12, w19, w12
        stp     w12, wzr, [x28]
        str     xzr, [x28, #8]
        mov     x12, #0x0100000000000000
        stp     x12, xzr, [x28, #16]
        mov     x0, #10                 // AF_INET6
        mov     x20, #28
        bl      connect
        cbz     x0, connected
        neg     x0, x21
        b       leave

connect:                                // x0: family, x20: length; x0: 0 or -errno
        mov     x8, #198                // socket(family, SOCK_STREAM, 0)
        mov     x1, #1
        mov     x2, #0
        svc     #0
        tbnz    x0, #63, back
        mov     x22, x0
        mov     x8, #203                // connect(socket, sockaddr, length)
        mov     x1, x28
        mov     x2, x20
        svc     #0
back:
        ret

connected:
        mov     x8, #220                // clone(SIGCHLD): fork
        mov     x0, #17
        mov     x1, #0
        mov     x2, #0
        mov     x3, #0
        mov     x4, #0
        svc     #0
        cbz     x0, child
        tbnz    x0, #63, fail
        mov     x21, x0
        mov     x23, x22                // the connection to standard output
        mov     x24, #1
        bl      copy
        mov     x8, #129                // kill(child, SIGKILL)
        mov     x0, x21
        mov     x1, #9
        svc     #0
        mov     x0, #0
leave:
        mov     x8, #94                 // exit_group(x0)
        svc     #0
fail:
        neg     x0, x0
        b       leave

child:
        mov     x8, #167                // prctl(PR_SET_PDEATHSIG, SIGKILL): should it be killed
        mov     x0, #1
        mov     x1, #9
        svc     #0
        mov     x23, #0                 // standard input to the connection
        mov     x24, x22
        bl      copy
        mov     x8, #210                // shutdown(connection, SHUT_WR)
        mov     x0, x22
        mov     x1, #1
        svc     #0
        mov     x0, #0
        b       leave

copy:                                   // all of x23 to x24
        mov     x8, #63                 // read(x23, buffer, SIZE)
        mov     x0, x23
        mov     x1, x27
        mov     x2, #SIZE
        svc     #0
        cmp     x0, #0
        b.le    back
        mov     x25, x27
        mov     x26, x0
write:
        mov     x8, #64                 // write(x24, x25, x26)
        mov     x0, x24
        mov     x1, x25
        mov     x2, x26
        svc     #0
        cmp     x0, #0
        b.le    back
        add     x25, x25, x0
        subs    x26, x26, x0
        b.ne    write
        b       copy

hold:
        mov     x8, #63                 // read(0, buffer, SIZE)
        mov     x0, #0
        mov     x1, x27
        mov     x2, #SIZE
        svc     #0
        cmp     x0, #0
        b.gt    hold
        mov     x0, #0
        b       leave
end:

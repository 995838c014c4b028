# The process that a PID namespace begins with. Descriptor 0 is a pipe that ends with the sandbox, 1 an eventfd that says it is ready.
.intel_syntax noprefix
.globl _start
_start:
    mov eax, 157            # prctl(PR_SET_DUMPABLE, 0): out of reach of who shares its ids
    mov edi, 4
    xor esi, esi
    syscall
    mov eax, 157            # prctl(PR_SET_NAME, name)
    mov edi, 15
    lea rsi, name[rip]
    syscall
    mov eax, 1              # write(1, one, 8)
    mov edi, 1
    lea rsi, one[rip]
    mov edx, 8
    syscall
    mov eax, 3              # close(1)
    mov edi, 1
    syscall
wait:
    xor eax, eax            # read(0, stack, 1)
    xor edi, edi
    lea rsi, [rsp - 8]
    mov edx, 1
    syscall
    cmp rax, -4             # EINTR
    je wait
    mov eax, 231            # exit_group(0), which ends everybody in the namespace
    xor edi, edi
    syscall
one: .quad 1
name: .asciz "sandgate-init"

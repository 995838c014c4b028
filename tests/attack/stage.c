// The files that all attacks know.
#include "attack.h"

#include <elf.h>

// The smallest program: a header, one segment, and a few bytes of code.
static void write_program(const char *path, const unsigned char *code, size_t length)
{
    struct { Elf64_Ehdr header; Elf64_Phdr segment; unsigned char code[32]; } image = {
        .header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_EXEC, .e_machine = EM_X86_64,
                    .e_version = EV_CURRENT, .e_phoff = sizeof(Elf64_Ehdr), .e_ehsize = sizeof(Elf64_Ehdr),
                    .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1,
                    .e_entry = 0x400000 + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) },
        .segment = { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0x400000, .p_align = 4096,
                     .p_filesz = sizeof image, .p_memsz = sizeof image },
    };
    memcpy(image.code, code, length);
    int fd = (int)must(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755), path);
    must(write(fd, &image, sizeof image), path);
    close(fd);
}

static void write_exit(const char *path, unsigned char status)
{
    const unsigned char code[] = { 0xbf, status, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05 };     // exit(status)
    write_program(path, code, sizeof code);
}

static void copy(const char *from, const char *to)
{
    static char room[65536];
    ssize_t length;
    int in = (int)must(open(from, O_RDONLY), from), out = (int)must(open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755), to);
    while ((length = must(read(in, room, sizeof room), from)) > 0)
        must(write(out, room, (size_t)length), to);
    close(in);
    close(out);
}

// A function, in a file of one page.
static void write_code(const char *path, unsigned char result)
{
    unsigned char page[4096] = { 0xb8, result, 0, 0, 0, 0xc3 };     // mov $result, %eax; ret
    int fd = (int)must(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755), path);
    must(write(fd, page, sizeof page), path);
    close(fd);
}

static void write_walls(void)
{
    static char self[4096], text[16384];
    must(readlink("/proc/self/exe", self, sizeof self - 1), "/proc/self/exe");
    write_text("conf/ids.json", "{ \"isolation\": { \"capabilities\": [\"setuid\", \"setgid\", \"dac_override\", \"dac_read_search\", \"fowner\", \"chown\"] } }\n");
    write_text("conf/bare.json", "{ \"isolation\": { \"capabilities\": [] } }\n");
    snprintf(text, sizeof text, "{ \"isolation\": { \"paths\": { \"read\": [\"%s\", \"./open\"], \"write\": [\".\"] } } }\n", self);
    write_text("conf/paths.json", text);
    write_text("conf/ports.json", "{ \"isolation\": { \"ports\": { \"bind\": [] } } }\n");
    write_text("conf/memory.json", "{ \"isolation\": { \"code\": { \"write_xor_execute\": true } } }\n");
    snprintf(text, sizeof text, "{ \"isolation\": { \"code\": { \"only_from\": [\"%s\", \"./open/*\"] } } }\n", self);
    write_text("conf/code.json", text);
}

void make_stage(void)
{
    const unsigned char echo[] = { 0x48, 0x8b, 0x44, 0x24, 0x10, 0x0f, 0xb6, 0x38, 0xb8, 60, 0, 0, 0, 0x0f, 0x05 };    // exit(argv[1][0])
    must(mkdir("open", 0755), "open");
    must(mkdir("shut", 0755), "shut");
    must(mkdir("open/dir", 0755), "open/dir");
    must(mkdir("shut/dir", 0755), "shut/dir");
    must(mkdir("shut/deep", 0755), "shut/deep");
    must(mkdir("conf", 0755), "conf");
    write_text("open/key", "open\n");
    write_text("shut/key", "shut, and not to be read\n");
    write_text("shut/deep/key", "shut, and not to be read\n");
    must(chmod("shut/key", 0755), "chmod");
    must(symlink("open, to nowhere", "open/lnk"), "symlink");
    must(symlink("shut, to nowhere", "shut/lnk"), "symlink");
    write_exit("open/prog", 0);
    write_exit("shut/prog", 42);
    write_program("echo", echo, sizeof echo);
    copy("/bin/sh", "dyn");
    write_code("open/code", 0);
    write_code("shut/code", 42);
    write_text("theirs", "shut, and not to be read\n");
    if (getuid() == 0)
        must(chown("theirs", 4250, 4250), "chown");
    must(chmod("theirs", 0), "chmod");
    write_text("conf/rules.json", "{ \"rules\": {} }\n");
    if (symlink("conf", "confway") < 0)
        broken("symlink");
    write_walls();
    leave_bystander();
}

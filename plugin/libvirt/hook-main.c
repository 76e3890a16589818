/* vifplug-libvirt-hook: what libvirt runs as qemu.d/vifplug in its hooks folder. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "libvirt/hook.h"

int main(int argc, char **argv)
{
    char *sentence = NULL;

    /* A session's libvirt runs the same hooks as the system's, as an ordinary user. */
    if (geteuid() != 0) {
        return EXIT_SUCCESS;
    }
    if (argc != 5) {
        fprintf(stderr,
                "vifplug-libvirt-hook: libvirt runs this, with GUEST OPERATION SUBOPERATION "
                "EXTRA; see vifplug-libvirt-hook(8)\n");
        return EXIT_FAILURE;
    }
    /* A libvirt that goes away while we write to it is no reason to stop half-way. */
    signal(SIGPIPE, SIG_IGN);
    if (hook_run(argv[1], argv[2], &sentence) == 0) {
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "vifplug-libvirt-hook: %s\n", sentence ? sentence : "failed");
    free(sentence);
    return hook_must_not_fail(argv[2]) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Real guests for vifplug compare: QEMU at the endpoints of a path. */
#ifndef CLI_COMPARE_GUESTS_H
#define CLI_COMPARE_GUESTS_H

#include <stddef.h>

struct compare_guests;
struct vif_plugged;

/* What guests are made of. The init of scripts/guest is what obeys our orders in them. */
struct guests_options {
    const char *kernel;
    const char *initrd;
    const char *accel;        /* "kvm", "tcg"; NULL: QEMU's choice of these */
    volatile const int *stop; /* not 0 from the moment on when it is to end */
};

/* Whether guests can be had: the files are there, and QEMU is. -EINVAL, -ENOENT or another negative
 * errno value with a sentence. */
int guests_check(const struct guests_options *options, char **errorp);

/* As `guests` of struct compare_options, with a struct guests_options for data: boots a guest at
 * each of the `n` ends, as `vifplug run` would, asks the first of them whom it reaches, and has it
 * send as much to the second as it can. All of them are ended, and are if this process is killed.
 */
int guests_ask(void *options, const struct vif_plugged *ends, size_t n,
               struct compare_guests *found, char **errorp);

/* The version of QEMU as it says it itself, or NULL; caller frees. */
char *guests_qemu_version(void);

#endif

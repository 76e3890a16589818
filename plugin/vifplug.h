/* libvifplug: plugs guests' network interfaces into Open vSwitch and Linux bridges, or puts them on
 * a device of the host as macvtaps, as vifplug(8) does, and hands their descriptors to the caller.
 *
 *      struct vifplug *plug;
 *      struct vifplug_result *result;
 *
 *      if (vifplug_open(&plug, NULL) || vifplug_plug_xml(plug, xml, NULL, &result)) {
 *          fprintf(stderr, "%s\n", vifplug_errmsg(plug));
 *      }
 *
 * Errors. A function that can fail returns 0 or a negative errno value, and vifplug_errmsg() then
 * has a sentence for people, which names the thing and, where it is known, the remedy. The values
 * are -EINVAL      bad input: malformed XML, a value out of range, an unknown user or member
 *      -EOPNOTSUPP  something that vifplug does not do
 *      -ENOENT      a bridge, network or device that is not there
 *      -EEXIST      a name that is in use, or plugged with another wish
 *      -EBUSY       another process is plugging or unplugging this very interface; or the lower
 *                   device of a macvtap can take no more
 *      -EAGAIN      something changed meanwhile; the same again may succeed
 *      -ETIMEDOUT   Open vSwitch did not answer, or did not realise a port, in time
 *      -EADDRINUSE  another interface on the lower device of a macvtap has its MAC address
 *      -EIO         Open vSwitch refused a port, or a script failed
 *      -EPERM, -EACCES   the kernel did not permit it; CAP_NET_ADMIN is needed, for a
 *                   macvtap also CAP_SYS_ADMIN and CAP_MKNOD
 * and whatever else the system returns. After a failure the host is as it was before the call, or
 * the sentence says what is left; out-parameters are untouched. Memory that runs out ends the
 * process by abort(3).
 *
 * Ownership. What a caller passes is borrowed for the call: strings and structs are copied where
 * they are needed longer. What a function returns is the caller's, to be given back with the
 * function that its comment names. Those functions take NULL, too. Descriptors are close-on-exec.
 *
 * Threads. A handle may be used by one thread at a time. Different handles may be used by different
 * threads; calls then wait for each other. A handle is of no use after fork(2).
 *
 * The process it lives in. The library changes no signal's action, and raises no SIGPIPE; it prints
 * nothing, and exits only as said above. While a call opens a connection, descriptors that other
 * threads open at that moment may become close-on-exec. Scripts of interfaces run as child
 * processes that the library waits for by pid, which a process that reaps all children must allow.
 * The library stays in memory when dlclose(3) is called.
 *
 * Stability. Functions and members of structs are added, never changed or removed, as long as the
 * library is called libvifplug.so.0. Structs that the caller makes begin with their size, which
 * says how much of them the caller knew: set `size` to sizeof, and every member that is not needed
 * to zero. Structs that the library makes may grow, so their size means nothing to a caller.
 */
#ifndef VIFPLUG_H
#define VIFPLUG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && !defined(VIFPLUG_NO_ATTRIBUTES)
#define VIFPLUG_CHECK __attribute__((warn_unused_result))
#else
#define VIFPLUG_CHECK
#endif

/* A handle: a host whose interfaces are to be plugged. */
struct vifplug;

struct vifplug_options {
    size_t size;        /* sizeof(struct vifplug_options) */
    const char *db;     /* OVSDB server, as vifplug --db; NULL: the local one */
    const char *rundir; /* folder of the records; NULL: $VIFPLUG_RUNDIR or /run/vifplug */

    /* How long each of connecting, a transaction, and the wait for ovs-vswitchd may take; 0 is 5000
     * ms. */
    unsigned timeout_ms;

    /* PEM files, for a server that is reached by "ssl:". They stand for the whole process. */
    const char *private_key;
    const char *certificate;
    const char *ca_certificate;

    /* Who acts, for the comment in OVSDB's log; NULL: the name of the program and its pid. */
    const char *caller;

    /* Told of each change to the host as it is made, in a sentence without newline; NULL: nobody.
     * It must not call this library. */
    void (*log)(void *log_data, const char *sentence);
    void *log_data;
};

/* Makes a handle. `options` may be NULL. Nothing is connected to yet: that happens when it is first
 * needed. Fails with -EINVAL only. On failure, too, *handle is one, good for vifplug_errmsg() and
 * vifplug_close(), and for nothing else. */
VIFPLUG_CHECK int vifplug_open(struct vifplug **handle, const struct vifplug_options *options);

/* Ends the handle. What it plugged stays plugged. */
void vifplug_close(struct vifplug *handle);

/* The sentence for the last failure of this handle, "" where there was none. Valid until the next
 * call with the handle. */
const char *vifplug_errmsg(const struct vifplug *handle);

/* The version of the library, such as "0.1.0". */
const char *vifplug_version(void);

struct vifplug_plug_options {
    size_t size; /* sizeof(struct vifplug_plug_options) */

    /* Not 0: the devices are for somebody else to open, and no descriptors are returned. 0: taps
     * end with the last of their descriptors; `vifplug gc` takes away what is then left in Open
     * vSwitch, and macvtaps, should this process end without vifplug_unplug(). */
    int persistent;

    /* Who may open persistent devices: names or numbers. Where both are NULL it is the user who
     * runs this; a group alone is all its members. */
    const char *user;
    const char *group;

    int no_wait;   /* not 0: do not wait until ovs-vswitchd has realised the ports */
    int transient; /* not 0: Open vSwitch's own start-up scripts may delete the ports */

    /* Files with a <network> each, ended by NULL, to be looked at before those of the system; may
     * be NULL. */
    const char *const *network_files;
};

/* An interface that is plugged. */
struct vifplug_interface {
    const char *name;         /* of the device on the host */
    const char *mac;          /* the guest's address: "52:54:00:00:00:01" */
    const char *interface_id; /* a UUID, iface-id in Open vSwitch */
    const char *domain_name;  /* NULL where there is none */
    const char *domain_uuid;  /* likewise */
    const char *bridge;       /* likewise, of either kind */
    const char *state;        /* "plugged"; in a list also "plugging" and "unplugging" */
    int ifindex;              /* of the device; 0 where it is not known */
    int64_t ofport;           /* OpenFlow port; 0 where there is none or it was not waited for */

    /* Not 0: it was plugged before this call, just as wished. Then no descriptors come with it. */
    int already;

    /* Its queues, in order. To keep a descriptor, store -1 in its place. */
    int *fds;
    size_t n_fds;
    int vnet_hdr; /* not 0: each frame begins with a struct virtio_net_hdr of 10 bytes */

    /* Of a macvtap; else NULL. */
    const char *lower; /* the device that it is on */
    const char *mode;  /* "vepa", "bridge", "private" or "passthrough" */
    const char *node;  /* the path by which a persistent one is opened: "/dev/tapN" */
};

struct vifplug_result {
    size_t n_interfaces;
    struct vifplug_interface **interfaces;
};

/* Plugs the interface of an <interface>, or all of a <domain> that vifplug has a part in, in the
 * order of the text: all or none. `options` may be NULL. On success the caller gives *result back
 * with vifplug_result_free(). */
VIFPLUG_CHECK int vifplug_plug_xml(struct vifplug *handle, const char *xml,
                                   const struct vifplug_plug_options *options,
                                   struct vifplug_result **result);

/* Frees the result, and closes the descriptors that still are in it. Unplugs nothing. */
void vifplug_result_free(struct vifplug_result *result);

/* Unplugs the interface of that device, whoever plugged it. One that is not plugged is success. */
VIFPLUG_CHECK int vifplug_unplug(struct vifplug *handle, const char *name);

/* Calls `each` for every interface that is plugged on the host, sorted by name, with `data`; the
 * interface is valid for that call, and has no descriptors. A value other than 0 that `each`
 * returns ends the list, and is returned. `each` may call this library. */
VIFPLUG_CHECK int vifplug_list(struct vifplug *handle,
                               int (*each)(void *data, const struct vifplug_interface *interface),
                               void *data);

#ifdef __cplusplus
}
#endif

#endif

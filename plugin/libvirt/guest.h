/* A running guest of this host's libvirtd: its XML, and devices that come and go.
 *
 * This talks to libvirtd through libvirt's own library, which is loaded when it is first needed:
 * neither building vifplug nor any other command needs it. A program run from libvirt's hooks must
 * not use this, since libvirtd waits for it.
 */
#ifndef LIBVIRT_GUEST_H
#define LIBVIRT_GUEST_H

#include <stdbool.h>

struct libvirt_guest;

/* Finds the running domain of that name or UUID, at the libvirtd that virsh(1) would use
 * ($LIBVIRT_DEFAULT_URI, or its own default), which must be QEMU's on this host. Returns 0, and the
 * caller calls libvirt_guest_close(); -ENOPKG without the library, or -EIO with libvirt's own
 * sentence, as all functions here. */
int libvirt_guest_open(const char *domain, struct libvirt_guest **guest, char **errorp);
void libvirt_guest_close(struct libvirt_guest *guest);

/* Its XML as it is now; caller frees. */
int libvirt_guest_xml(struct libvirt_guest *guest, char **xml, char **errorp);

/* Plugs in the device that the XML describes. It stays until the guest ends, or is plugged out. */
int libvirt_guest_attach(struct libvirt_guest *guest, const char *xml, char **errorp);

/* Asks the guest to let go of the device of that alias (or NULL), which the XML describes. Success
 * does not mean that it has done so; an older libvirt waits a few seconds for that. */
int libvirt_guest_detach(struct libvirt_guest *guest, const char *alias, const char *xml,
                         char **errorp);

/* What is heard of a device that the guest was asked to let go of. */
enum libvirt_news {
    LIBVIRT_LEFT,    /* the guest has, and so QEMU; libvirt is not done with it */
    LIBVIRT_GONE,    /* it is in the guest's XML no more */
    LIBVIRT_REFUSED, /* the guest says no */
};

typedef void libvirt_news_fn(void *data, const char *alias, enum libvirt_news news);

/* From now on, tells `call` of the guest's devices, or that instead of who was told before: while
 * libvirt_guest_hear() runs. LIBVIRT_LEFT is told by QEMU through libvirt's library for QEMU, which
 * promises nothing, and may never come. Returns false where libvirt tells nothing. Who listens is
 * connected until the process ends. */
bool libvirt_guest_listen(struct libvirt_guest *guest, libvirt_news_fn *call, void *data);

/* Waits until there was news, for at most so long. Returns whether there was. Only after
 * libvirt_guest_listen() returned true. */
bool libvirt_guest_hear(struct libvirt_guest *guest, int ms);

/* Makes the device that the XML describes, and that it has, what the XML says, as far as that can
 * be changed while it runs. */
int libvirt_guest_update(struct libvirt_guest *guest, const char *xml, char **errorp);

/* Sets vifplug's element in the <metadata> of the running guest, or removes it where `xml` is NULL.
 * libvirt adds the namespace `uri` with its prefix to the outermost element. */
int libvirt_guest_set_metadata(struct libvirt_guest *guest, const char *prefix, const char *uri,
                               const char *xml, char **errorp);

#endif

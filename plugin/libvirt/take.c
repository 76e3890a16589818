/* What happens when a guest is to let go of a device: libvirt has QEMU ask the guest, which takes
 * as long as the guest likes. When QEMU says that the device is gone, libvirt clears the bandwidth
 * of its tap (with a tc that lists all links of the host), has QEMU close the tap, writes down what
 * the guest has now, and says so, too. For each of these there is an event. Whether or not they
 * come, what counts in the end is what the guest's XML says. */
#include "libvirt/take.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "libvirt/attach.h"
#include "vif/xmlfile.h"

/* Between two looks whether an interface is gone, where libvirt says nothing, and where it does. */
#define POLL_MS   20
#define LISTEN_MS 500

/* One interface that the guest has. */
struct leaver {
    const char *name;
    char *alias; /* or NULL */
    char *xml;
    bool left;
    bool gone;
    bool refused;
};

struct taking {
    struct libvirt_guest *guest;
    struct leaver *leavers;
    size_t n;
    const struct libvirt_left *left; /* NULL once it was told */
    bool told;
    int64_t end;
};

static void clear(struct taking *taking)
{
    for (size_t i = 0; i < taking->n; i++) {
        free(taking->leavers[i].alias);
        free(taking->leavers[i].xml);
    }
    free(taking->leavers);
}

static void add_leaver(struct taking *taking, const struct vif_spec *spec, const char *name,
                       xmlNode *element)
{
    taking->leavers[taking->n++] = (struct leaver){
        .name = name,
        .alias = str_dup_or_null(spec->alias),
        .xml = xml_dump_node(element),
    };
    /* libvirt runs it in between, for a device that is there. */
    if (spec->downscript) {
        taking->left = NULL;
    }
}

static void find_leavers(struct taking *taking, const struct vif_document *domain,
                         const char *const *names, size_t n)
{
    xmlNode **elements = vif_document_interfaces(domain);

    taking->leavers = mem_zalloc(domain->n_specs * sizeof *taking->leavers);
    for (size_t i = 0; i < domain->n_specs; i++) {
        for (size_t k = 0; k < n; k++) {
            if (libvirt_is_nic(&domain->specs[i], names[k])) {
                add_leaver(taking, &domain->specs[i], names[k], elements[i]);
                break;
            }
        }
    }
    free(elements);
}

/* Looks which interfaces the guest has lost. */
static int look(struct taking *taking, char **errorp)
{
    struct vif_document domain;
    int error = libvirt_read(taking->guest, &domain, errorp);

    if (error) {
        return error;
    }
    for (size_t i = 0; i < taking->n; i++) {
        taking->leavers[i].gone |= !libvirt_has_nic(&domain, taking->leavers[i].name);
    }
    vif_document_clear(&domain);
    return 0;
}

static void on_news(void *data, const char *alias, enum libvirt_news news)
{
    struct taking *taking = data;

    for (size_t i = 0; i < taking->n; i++) {
        struct leaver *leaver = &taking->leavers[i];

        if (str_eq(leaver->alias, alias)) {
            leaver->refused |= news == LIBVIRT_REFUSED;
            leaver->left |= news != LIBVIRT_REFUSED;
            leaver->gone |= news == LIBVIRT_GONE;
        }
    }
}

/* Asks the guest to let go of one interface. That it did so by itself, meanwhile, is fine: it may
 * have been asked before. */
static int ask(struct taking *taking, struct leaver *leaver, char **errorp)
{
    auto_free char *sentence = NULL;
    int error = libvirt_guest_detach(taking->guest, leaver->alias, leaver->xml, &sentence);

    if (!error || (look(taking, NULL) == 0 && leaver->gone)) {
        return 0;
    }
    return error_set(errorp, -error, "%s", sentence);
}

/* The first interface that is not gone, or, with `left`, that the guest has not let go of. */
static const struct leaver *find_remaining(const struct taking *taking, bool left)
{
    for (size_t i = 0; i < taking->n; i++) {
        const struct leaver *leaver = &taking->leavers[i];

        if (!leaver->gone && !(left && leaver->left)) {
            return leaver;
        }
    }
    return NULL;
}

static int give_up(const struct taking *taking, const struct leaver *leaver, char **errorp)
{
    if (taking->told) {
        return error_set(errorp, ETIME,
                         "\"%s\": the guest has let go of it, so it is unplugged, but libvirt does "
                         "not get done with it: see libvirt's log",
                         leaver->name);
    }
    return error_set(errorp, ETIME,
                     "\"%s\": the guest does not let go of it, so it stays plugged; try "
                     "again when the guest has booted",
                     leaver->name);
}

/* The first one that the guest refuses to let go of, or NULL. */
static const struct leaver *find_refused(const struct taking *taking)
{
    for (size_t i = 0; i < taking->n; i++) {
        if (taking->leavers[i].refused && !taking->leavers[i].left) {
            return &taking->leavers[i];
        }
    }
    return NULL;
}

/* Waits for news, or for as long as it makes sense to look by oneself. */
static int wait(struct taking *taking, bool listens, char **errorp)
{
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

    if (!listens) {
        nanosleep(&pause, NULL);
        return look(taking, errorp);
    }
    return libvirt_guest_hear(taking->guest, LISTEN_MS) ? 0 : look(taking, errorp);
}

static int wait_until_gone(struct taking *taking, bool listens, char **errorp)
{
    int error = listens || !taking->n ? 0 : look(taking, errorp);

    while (!error) {
        const struct leaver *remaining = find_remaining(taking, false);
        const struct leaver *refused = find_refused(taking);

        if (!remaining) {
            break;
        }
        if (taking->left && !find_remaining(taking, true)) {
            taking->left->call(taking->left->data);
            taking->left = NULL;
            taking->told = true;
        } else if (refused) {
            error = error_set(errorp, EBUSY,
                              "\"%s\": the guest refuses to let go of it, so it stays plugged",
                              refused->name);
        } else if (clock_ms() >= taking->end) {
            error = give_up(taking, remaining, errorp);
        } else {
            error = wait(taking, listens, errorp);
        }
    }
    return error;
}

int libvirt_take(struct libvirt_guest *guest, const struct vif_document *domain,
                 const char *const *names, size_t n, const struct libvirt_left *left, char **errorp)
{
    struct taking taking = {
        .guest = guest,
        .left = left,
        .end = clock_ms() + LIBVIRT_DETACH_SECONDS * INT64_C(1000),
    };
    int error = 0;

    find_leavers(&taking, domain, names, n);
    bool listens = taking.n && libvirt_guest_listen(guest, on_news, &taking);
    for (size_t i = 0; i < taking.n && !error; i++) {
        error = ask(&taking, &taking.leavers[i], errorp);
    }
    if (!error) {
        error = wait_until_gone(&taking, listens, errorp);
    }
    clear(&taking);
    return error;
}

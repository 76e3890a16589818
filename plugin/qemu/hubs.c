#include "qemu/hubs.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* It looks like this (hmp_info_network() in net/net.c, net_hub_info() in net/hub.c):
 *
 *      hub 3
 *       \ hp0: be0: index=0,type=tap,fd=9
 *       \ hostnet0: net0: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:12:34:56
 *      filters:
 *        - hostnet0-hold: type=filter-buffer,netdev=hostnet0,queue=rx
 *      net1: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:12:34:57
 *       \ u1: index=0,type=tap,fd=10
 */

#define HUB "hub "

/* What follows a netdev that has any, one in each line, whatever comes before and after. */
#define FILTERS "filters:"
#define FILTER  "  - "

/* A line of it. */
struct line {
    const char *text; /* up to what follows a name */
    size_t length;
    bool indented;
    bool filter;
    int hub; /* that a line begins, or the one before it did; else -1 */
};

static bool begins(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Takes the next line; returns false at the end. */
static bool next(const char **info, struct line *line)
{
    const char *start = *info;

    if (!*start) {
        return false;
    }
    size_t length = strcspn(start, "\r\n");
    *info = start + length + strspn(start + length, "\r\n");
    line->indented = begins(start, " \\ ");
    line->filter = begins(start, FILTER) || begins(start, FILTERS);
    line->text = start + (line->indented          ? strlen(" \\ ")
                          : begins(start, FILTER) ? strlen(FILTER)
                                                  : 0);
    line->length = length - (size_t)(line->text - start);
    if (!line->indented && !line->filter) {
        bool is_hub = begins(start, HUB);

        line->hub = is_hub ? (int)strtol(start + strlen(HUB), NULL, 10) : -1;
    }
    return true;
}

/* Whether one of the names at the beginning of a line, each with a colon after it, is that one. */
static bool names(const struct line *line, const char *name)
{
    const char *p = line->text;
    const char *end = p + line->length;

    if (!line->indented && !line->filter && line->hub >= 0) {
        return false; /* the hub itself */
    }
    while (p < end) {
        const char *colon = memchr(p, ':', (size_t)(end - p));
        size_t length = (size_t)((colon ? colon : end) - p);

        if (memchr(p, '=', length)) {
            return false;
        }
        if (length == strlen(name) && strncmp(p, name, length) == 0) {
            return true;
        }
        p += length;
        p += strspn(p, ": ");
    }
    return false;
}

bool hubs_have(const char *info, const char *name)
{
    struct line line = {.hub = -1};

    while (next(&info, &line)) {
        if (names(&line, name)) {
            return true;
        }
    }
    return false;
}

int hubs_find(const char *info, const char *port)
{
    struct line line = {.hub = -1};

    while (next(&info, &line)) {
        if (line.indented && names(&line, port)) {
            return line.hub;
        }
    }
    return -1;
}

int hubs_free_number(const char *info)
{
    struct line line = {.hub = -1};
    int empty = -1; /* the last one, unless a port of it follows */
    int number = 0;

    while (next(&info, &line)) {
        if (line.indented && line.hub == empty) {
            empty = -1;
        } else if (!line.indented && !line.filter && line.hub >= 0 && empty < 0) {
            empty = line.hub;
        }
        number = line.hub >= number ? line.hub + 1 : number;
    }
    return empty >= 0 ? empty : number;
}

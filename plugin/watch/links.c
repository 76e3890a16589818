#include "watch/links.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int by_index(const void *a, const void *b)
{
    int x = ((const struct link_info *)a)->ifindex;
    int y = ((const struct link_info *)b)->ifindex;

    return (x > y) - (x < y);
}

/* Where a link is, or belongs. */
static size_t place_of(const struct links *links, int ifindex)
{
    size_t begin = 0;
    size_t end = links->n;

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;

        if (links->list[middle].ifindex < ifindex) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return begin;
}

static bool is_at(const struct links *links, size_t place, int ifindex)
{
    return place < links->n && links->list[place].ifindex == ifindex;
}

void links_clear(struct links *links)
{
    free(links->list);
    memset(links, 0, sizeof *links);
}

int links_read(struct links *links, struct rtnl *rtnl, char **errorp)
{
    struct links new = {0};
    int error = link_list(rtnl, &new.list, &new.n, errorp);

    if (error) {
        return error;
    }
    if (new.n) {
        qsort(new.list, new.n, sizeof *new.list, by_index);
    }
    links_clear(links);
    *links = new;
    return 0;
}

const struct link_info *links_find(const struct links *links, int ifindex)
{
    size_t place = place_of(links, ifindex);

    return is_at(links, place, ifindex) ? &links->list[place] : NULL;
}

bool links_put(struct links *links, const struct link_info *link, struct link_info *before)
{
    size_t place = place_of(links, link->ifindex);
    bool known = is_at(links, place, link->ifindex);

    if (known) {
        *before = links->list[place];
    } else {
        links->list = mem_resize(links->list, links->n + 1, sizeof *links->list);
        memmove(&links->list[place + 1], &links->list[place],
                (links->n - place) * sizeof *links->list);
        links->n++;
    }
    links->list[place] = *link;
    return known;
}

void links_remove(struct links *links, int ifindex)
{
    size_t place = place_of(links, ifindex);

    if (is_at(links, place, ifindex)) {
        links->n--;
        memmove(&links->list[place], &links->list[place + 1],
                (links->n - place) * sizeof *links->list);
    }
}

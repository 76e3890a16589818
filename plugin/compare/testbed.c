#include "compare/testbed.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

int testbed_open(struct testbed *testbed, const struct testbed_options *options, char **errorp)
{
    *testbed = (struct testbed){.options = *options, .guardian = {.pipe = -1}};
    /* Before any path is there, which it would hold open. */
    return options->bridge || options->lower
               ? guardian_start(&testbed->guardian, &testbed->options.host, errorp)
               : 0;
}

struct testbed_path *testbed_add(struct testbed *testbed)
{
    struct testbed_path *path = mem_zalloc(sizeof *path);

    testbed->paths = mem_resize(testbed->paths, testbed->n_paths + 1, sizeof *testbed->paths);
    testbed->paths[testbed->n_paths++] = path;
    return path;
}

int testbed_close(struct testbed *testbed, char **errorp)
{
    int error = 0;

    for (size_t i = 0; i < testbed->n_paths; i++) {
        auto_free char *sentence = NULL;
        int failure = site_close(&testbed->paths[i]->site, &sentence);

        if (failure && !error) {
            error = error_set(errorp, -failure, "%s", sentence);
        } else if (failure) {
            error_append(errorp, "%s", sentence);
        }
        free(testbed->paths[i]);
    }
    free(testbed->paths);
    guardian_end(&testbed->guardian);
    memset(testbed, 0, sizeof *testbed);
    testbed->guardian.pipe = -1;
    return error;
}

struct mac testbed_mac(const struct testbed *testbed, size_t i)
{
    /* QEMU's prefix, and three octets in which neighbouring seeds are far from each other (the
     * multiplier is that of Knuth, The Art of Computer Programming, 6.4). */
    uint32_t number = (uint32_t)(testbed->n_paths * SITE_MAX_GUESTS + i);
    uint32_t bits = (testbed->options.seed * 256U + number) * 2654435761U;

    return (struct mac){
        {0x52, 0x54, 0x00, (uint8_t)(bits >> 24), (uint8_t)(bits >> 16), (uint8_t)(bits >> 8)}};
}

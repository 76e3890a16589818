/* compare-report KIND FOLDER: writes a report of a result made by hand, for report.py to look at.
 *
 *     plain      the fixture
 *     baseline   the same, and the change since an earlier run
 *     one        of one path, with one round
 *     nothing    nothing could be measured
 *     odd        all that a result can have of lengths, sizes and letters, some of it hostile
 */
#include <stdio.h>

#include "compare/report.h"
#include "support/compare.h"

static void make_change(struct compare_result *before)
{
    fixture_of(&fixture_paths[1], 5, before);
    for (size_t i = 0; i < FIXTURE_ROUNDS; i++) {
        before->paths[1].samples[LOAD_64][i].pps /= 1.04;
        before->paths[3].trips[i].p50_us *= 0.5;
    }
}

static void make_one(struct compare_result *result)
{
    fixture_of(&fixture_paths[2], 1, result);
    result->paths[0].n_rounds = 1;
    compare_advise(result);
}

static void make_nothing(struct compare_result *result)
{
    fixture_of(&fixture_paths[1], 1, result);
    compare_advise(result);
}

#define HOSTILE "<script>document.title='x'</script>&\"'`touch hostile`\x1b</text></svg><b>"

static void make_odd(struct compare_result *result)
{
    fixture_result(result);
    str_assign(&result->paths[0].title, HOSTILE);
    str_assign(&result->paths[1].skipped, HOSTILE);
    str_assign(&result->paths[2].title,
               "\xc3\x84\xc3\xb6\xc3\xbc W W W W W W W W W W W W W W W W W W W W W W W W W W W W");
    str_assign(&result->paths[3].title,
               "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW");
    str_assign(&result->paths[0].notes[0], HOSTILE);
    str_assign(&result->advice[0], HOSTILE);
    str_assign(&result->command, HOSTILE);
    str_assign(&result->cpu, HOSTILE);
    result->paths[2].segmentation = OFFLOAD_CORRUPTED;
    struct compare_path *vepa = &result->paths[4];
    struct compare_path *private = &result->paths[5];
    for (size_t i = 0; i < FIXTURE_ROUNDS; i++) {
        vepa->samples[LOAD_64][i].pps = i % 2 ? 1 : 98765432;
        vepa->samples[LOAD_1500][i].pps = 1e-3;
        private->samples[LOAD_64][i].cpu_us = 8765.4;
        vepa->trips[i] = (struct compare_trip){1e-2, 87654, 8765432};
        private->trips[i] = (struct compare_trip){123456, 1234567, 12345678};
    }
}

int main(int argc, char **argv)
{
    struct compare_result result = {};
    struct compare_result before = {};
    const char *kind = argc == 3 ? argv[1] : "";
    char *error = NULL;

    if (strcmp(kind, "plain") == 0) {
        fixture_result(&result);
    } else if (strcmp(kind, "baseline") == 0) {
        fixture_result(&result);
        make_change(&before);
    } else if (strcmp(kind, "one") == 0) {
        make_one(&result);
    } else if (strcmp(kind, "nothing") == 0) {
        make_nothing(&result);
    } else if (strcmp(kind, "odd") == 0) {
        make_odd(&result);
        make_change(&before);
    } else {
        fputs("usage: compare-report plain|baseline|one|nothing|odd FOLDER\n", stderr);
        return 2;
    }
    int failed = compare_report(&result, before.paths ? &before : NULL, argv[2], &error);
    if (failed) {
        fprintf(stderr, "%s\n", error);
    }
    free(error);
    compare_result_clear(&result);
    compare_result_clear(&before);
    return failed ? 1 : 0;
}

/* A result of a comparison that somebody hands to --baseline, and anything but that: read, written
 * again, and shown. */
#include <cjson/cJSON.h>
#include <stdio.h>

#include "base/mem.h"
#include "compare/advice.h"
#include "compare/page.h"
#include "compare/report.h"
#include "fuzz/fuzz.h"

static void show_page(const struct compare_result *result)
{
    const struct plot plots[PLOT_N] = {0};
    auto_free char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    page_put(out, result, result, plots);
    fclose(out);
}

static void show(struct compare_result *result)
{
    compare_advise(result);
    free(compare_table(result, result, 80));
    free(compare_table(result, NULL, 0));
    show_page(result);
}

/* What is written can be read. */
static void come_back(const struct compare_result *result)
{
    struct compare_result again;
    cJSON *json = compare_result_to_json(result);

    if (compare_result_from_json(json, &again, NULL)) {
        abort();
    }
    compare_result_clear(&again);
    cJSON_Delete(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cJSON *json = cJSON_ParseWithLength((const char *)data, size);
    auto_free char *error = NULL;
    struct compare_result result;

    if (json && compare_result_from_json(json, &result, &error) == 0) {
        come_back(&result);
        show(&result);
        compare_result_clear(&result);
    }
    cJSON_Delete(json);
    return 0;
}

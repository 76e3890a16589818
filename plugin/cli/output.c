#include "cli/output.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void output_table(char *const *cells, size_t n_rows, size_t n_columns)
{
    size_t *widths = mem_zalloc(n_columns * sizeof *widths);

    for (size_t i = 0; i < n_rows * n_columns; i++) {
        size_t width = strlen(cells[i]);

        if (width > widths[i % n_columns]) {
            widths[i % n_columns] = width;
        }
    }
    for (size_t row = 0; row < n_rows; row++) {
        for (size_t column = 0; column < n_columns; column++) {
            const char *cell = cells[row * n_columns + column];

            if (column + 1 < n_columns) {
                printf("%-*s  ", (int)widths[column], cell);
            } else {
                printf("%s\n", cell);
            }
        }
    }
    free(widths);
}

void output_json(cJSON *json)
{
    char *text = cJSON_Print(json);

    puts(text);
    cJSON_free(text);
    cJSON_Delete(json);
}

void output_json_list(const char *name, cJSON *list)
{
    cJSON *json = cJSON_CreateObject();

    cJSON_AddItemToObject(json, name, list);
    output_json(json);
}

/* What commands print: tables for people, JSON for programs. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stddef.h>

struct cJSON;

/* Prints a table with columns as wide as their widest cell. `cells` has n_rows * n_columns texts,
 * row by row; the first row is the heading. */
void output_table(char *const *cells, size_t n_rows, size_t n_columns);

/* Prints indented JSON and a newline, and frees it. */
void output_json(struct cJSON *json);

/* Prints {"name": list}, and frees it. */
void output_json_list(const char *name, struct cJSON *list);

#endif

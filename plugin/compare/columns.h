/* Text in columns for a terminal. Control characters in what is printed, which can only come from a
 * result that somebody else wrote, are replaced by '?'. */
#ifndef COMPARE_COLUMNS_H
#define COMPARE_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Columns a terminal needs for UTF-8 text, of letters that take one. */
size_t text_width(const char *text);

/* Prints `text` and a newline, broken between words where it would reach column `width` (0: never);
 * the first line begins at the column `indent`, where the cursor is already, the others are
 * indented by it. */
void text_wrap(FILE *out, const char *text, size_t indent, size_t width);

/* Rows of cells, of which the first is a name, or of a name and a sentence. */
struct columns {
    size_t n_columns; /* without the name */
    struct columns_row *rows;
    size_t n_rows;
    size_t n_cells; /* of the last row, so far */
    bool right;     /* cells are numbers, and aligned as such */
    size_t group;   /* this many cells belong together, and stand apart from the next */
};

void columns_start(struct columns *columns, size_t n_columns, size_t group, bool right);
/* Begins a row. Cells that it then is not given are empty. */
void columns_row(struct columns *columns, const char *name);
void columns_cell(struct columns *columns, const char *text);
/* Makes the last row one of a name and a sentence. */
void columns_sentence(struct columns *columns, const char *text);
/* Prints all rows, names being at least `name_width` wide, and frees them. */
void columns_print(struct columns *columns, FILE *out, size_t name_width, size_t width);

#endif

#include "compare/columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct columns_row {
    char *name;
    char *sentence; /* or NULL */
    char **cells;
};

size_t text_width(const char *text)
{
    size_t width = 0;

    for (; *text; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80; /* every byte but those that go on */
    }
    return width;
}

static void put(FILE *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        putc(c < ' ' || c == 0x7f ? '?' : c, out);
    }
}

static void put_blanks(FILE *out, size_t n)
{
    fprintf(out, "%*s", (int)n, "");
}

/* The same words one by one: control characters are not what breaks lines. */
void text_wrap(FILE *out, const char *text, size_t indent, size_t width)
{
    size_t column = indent;

    while (*text) {
        size_t length = strcspn(text, " ");
        auto_free char *word = str_printf("%.*s", (int)length, text);
        size_t wanted = text_width(word);

        if (column > indent && width && column + 1 + wanted > width) {
            putc('\n', out);
            put_blanks(out, indent);
            column = indent;
        } else if (column > indent) {
            putc(' ', out);
            column++;
        }
        put(out, text, length);
        column += wanted;
        text += length + strspn(text + length, " ");
    }
    putc('\n', out);
}

void columns_start(struct columns *columns, size_t n_columns, size_t group, bool right)
{
    *columns = (struct columns){.n_columns = n_columns, .group = group, .right = right};
}

void columns_row(struct columns *columns, const char *name)
{
    columns->rows = mem_resize(columns->rows, columns->n_rows + 1, sizeof *columns->rows);
    columns->rows[columns->n_rows++] = (struct columns_row){
        .name = str_dup(name),
        .cells = mem_zalloc((columns->n_columns + 1) * sizeof(char *)),
    };
    columns->n_cells = 0;
}

void columns_cell(struct columns *columns, const char *text)
{
    columns->rows[columns->n_rows - 1].cells[columns->n_cells++] = str_dup(text);
}

void columns_sentence(struct columns *columns, const char *text)
{
    columns->rows[columns->n_rows - 1].sentence = str_dup(text);
}

static size_t cell_width(const struct columns *columns, size_t column)
{
    size_t widest = 0;

    for (size_t i = 0; i < columns->n_rows; i++) {
        const char *cell = columns->rows[i].cells[column];
        size_t width = cell ? text_width(cell) : 0;

        widest = width > widest ? width : widest;
    }
    return widest;
}

static void put_padded(FILE *out, const char *text, size_t width, bool right)
{
    size_t padding = width > text_width(text) ? width - text_width(text) : 0;

    put_blanks(out, right ? padding : 0);
    put(out, text, strlen(text));
    put_blanks(out, right ? 0 : padding);
}

static void put_cells(const struct columns *columns, const struct columns_row *row, FILE *out)
{
    size_t last = columns->n_columns;

    while (last > 0 && (!row->cells[last - 1] || !row->cells[last - 1][0])) {
        last--;
    }
    for (size_t i = 0; i < last; i++) {
        size_t width = columns->right || i + 1 < last ? cell_width(columns, i) : 0;

        put_blanks(out, i % columns->group == 0 ? 2 : 1);
        put_padded(out, row->cells[i] ? row->cells[i] : "", width, columns->right);
    }
    putc('\n', out);
}

static void free_rows(struct columns *columns)
{
    for (size_t i = 0; i < columns->n_rows; i++) {
        struct columns_row *row = &columns->rows[i];

        for (size_t cell = 0; cell < columns->n_columns; cell++) {
            free(row->cells[cell]);
        }
        free(row->cells);
        free(row->name);
        free(row->sentence);
    }
    free(columns->rows);
}

void columns_print(struct columns *columns, FILE *out, size_t name_width, size_t width)
{
    for (size_t i = 0; i < columns->n_rows; i++) {
        const struct columns_row *row = &columns->rows[i];

        put_padded(out, row->name, name_width, false);
        if (row->sentence) {
            put_blanks(out, 2);
            text_wrap(out, row->sentence, name_width + 2, width);
        } else {
            put_cells(columns, row, out);
        }
    }
    free_rows(columns);
    columns_start(columns, 0, 1, false);
}

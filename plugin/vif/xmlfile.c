#include "vif/xmlfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/libxml2.h"

static int too_large(size_t max, char **errorp)
{
    return error_set(errorp, EFBIG, "is larger than %zu MiB", max >> 20);
}

static int read_all(int fd, size_t max, char **text, size_t *length, char **errorp)
{
    auto_free char *buffer = NULL;
    size_t size = 0;
    size_t used = 0;

    for (;;) {
        if (used == size) {
            size = size ? 2 * size : 16384;
            buffer = mem_resize(buffer, size, 1);
        }

        ssize_t n = read(fd, buffer + used, size - used);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return error_set(errorp, errno, "cannot be read: %m");
        }
        if (n == 0) {
            break;
        }
        used += (size_t)n;
        if (used > max) {
            return too_large(max, errorp);
        }
    }
    *text = steal_ptr(buffer);
    *length = used;
    return 0;
}

int xml_read_file(const char *file, size_t max, char **text, size_t *length, char **errorp)
{
    struct stat st;

    if (strcmp(file, "-") == 0) {
        return read_all(STDIN_FILENO, max, text, length, errorp);
    }

    auto_close int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0 || fstat(fd, &st) < 0) {
        return error_set(errorp, errno, "cannot be opened: %m");
    }
    if (S_ISDIR(st.st_mode)) {
        return error_set(errorp, EISDIR, "is a directory, not a file of XML");
    }
    if (st.st_size > 0 && (uintmax_t)st.st_size > max) {
        return too_large(max, errorp);
    }
    return read_all(fd, max, text, length, errorp);
}

/* What went wrong first; later errors are mostly its consequences. */
struct trouble {
    int line;
    char *message;
    bool has_doctype;
};

/* libxml2 2.12 made the second argument const. */
#if LIBXML_VERSION >= 21200
static void note_error(void *data, const xmlError *error)
#else
static void note_error(void *data, xmlError *error)
#endif
{
    struct trouble *trouble = ((xmlParserCtxt *)data)->_private;

    if (trouble->message || error->level < XML_ERR_ERROR || !error->message) {
        return;
    }
    trouble->message = str_dup(error->message);
    trouble->message[strcspn(trouble->message, "\n")] = '\0';
    trouble->line = error->line;
}

/* Called where a <!DOCTYPE begins, before anything of it is used. */
static void refuse_doctype(void *data, const xmlChar *name, const xmlChar *external,
                           const xmlChar *system)
{
    xmlParserCtxt *context = data;
    struct trouble *trouble = context->_private;

    (void)name;
    (void)external;
    (void)system;
    trouble->has_doctype = true;
    trouble->line = context->input ? context->input->line : 0;
    xmlStopParser(context);
}

/* The handler of this one document: the library's global one is the program's. */
static xmlDoc *parse(xmlParserCtxt *context, const char *text, size_t length,
                     struct trouble *trouble)
{
    context->_private = trouble;
    context->sax->internalSubset = refuse_doctype;
    context->sax->serror = note_error;
    return xmlCtxtReadMemory(context, text, (int)length, NULL, NULL,
                             XML_PARSE_NONET | XML_PARSE_NODICT | XML_PARSE_BIG_LINES);
}

int xml_parse_text(const char *text, size_t length, xmlDoc **doc, char **errorp)
{
    struct trouble trouble = {0};
    int error = libxml2_load(errorp);

    if (error) {
        return error;
    }
    if (length == 0) {
        return error_set(errorp, EINVAL, "is empty");
    }
    if (memchr(text, '\0', length)) {
        return error_set(errorp, EINVAL, "holds a NUL byte: not XML in UTF-8");
    }

    xmlParserCtxt *context = xmlNewParserCtxt();

    if (!context) {
        return error_set(errorp, ENOMEM, "no memory to parse it");
    }
    *doc = parse(context, text, length, &trouble);
    if (trouble.has_doctype) {
        error = error_set(errorp, EINVAL, "line %d: a <!DOCTYPE> is not accepted", trouble.line);
    } else if (!*doc || !context->wellFormed) {
        error = error_set(errorp, EINVAL, "line %d: malformed XML: %s", trouble.line,
                          trouble.message ? trouble.message : "no reason known");
    }
    if (error) {
        xmlFreeDoc(*doc);
        *doc = NULL;
    }
    free(trouble.message);
    xmlFreeParserCtxt(context);
    return error;
}

char *xml_dump(xmlDoc *doc)
{
    xmlBuffer *buffer = xmlBufferCreate();
    char *text;

    /* Else attributes in other scripts than Latin would be written as numbers. */
    if (!doc->encoding) {
        doc->encoding = xmlStrdup((const xmlChar *)"UTF-8");
    }
    for (xmlNode *node = doc->children; node; node = node->next) {
        xmlNodeDump(buffer, doc, node, 0, 0);
        xmlBufferCCat(buffer, "\n");
    }
    text = str_dup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return text;
}

char *xml_dump_node(xmlNode *node)
{
    xmlBuffer *buffer = xmlBufferCreate();

    xmlNodeDump(buffer, node->doc, node, 0, 0);
    char *text = str_dup((const char *)xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return text;
}

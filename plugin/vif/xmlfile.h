/* XML text, bounded and tamed: from a file or from memory to libxml2's tree. */
#ifndef VIF_XMLFILE_H
#define VIF_XMLFILE_H

#include <stddef.h>

/* As in xml.h. */
typedef struct _xmlDoc xmlDoc;
typedef struct _xmlNode xmlNode;

/* Reads all of `file` ("-" is standard input), which may hold at most `max` bytes; reading stops
 * there. Returns 0 and stores malloc'd text and its length, or -EFBIG, -EISDIR or what open(2) and
 * read(2) return. */
int xml_read_file(const char *file, size_t max, char **text, size_t *length, char **errorp);

/* Parses `text`. No document type declaration is accepted, hence no entities but XML's own five;
 * nothing is fetched; nothing is printed. Returns 0 and a document that the caller frees with
 * xmlFreeDoc(), or -EINVAL with a sentence that names the line but not the file. */
int xml_parse_text(const char *text, size_t length, xmlDoc **doc, char **errorp);

/* The document as text in UTF-8, without an XML declaration; caller frees. */
char *xml_dump(xmlDoc *doc);

/* An element with all that is in it, likewise. */
char *xml_dump_node(xmlNode *node);

#endif

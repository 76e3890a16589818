/* libxml2, loaded when its first function is called.
 *
 * Linked in the usual way it brings ICU and the C++ library along into every run of the program,
 * which takes a quarter of the CPU time of a plug; and plugging by hand, unplugging, listing and
 * verifying read no XML. So this file defines the functions of libxml2 that the room uses, each of
 * which finds the real one and calls it. That keeps the rest of the room as it would be anyway; a
 * function that is missing here is an error at link time.
 *
 * The library's name with its version of the ABI comes from the headers' own package, at build
 * time. */
#include "vif/libxml2.h"

#include <dlfcn.h>
#include <errno.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

static void *library;

static void load(void)
{
    /* Never closed: it has per-thread state and, in a debugger's eyes, nothing but leaks. */
    library = dlopen(LIBXML2_SONAME, RTLD_NOW | RTLD_LOCAL);
}

int libxml2_load(char **errorp)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load);
    return library
               ? 0
               : error_set(errorp, ENOPKG, "cannot load %s, which reads XML: is libxml2 installed?",
                           LIBXML2_SONAME);
}

/* What reads XML calls libxml2_load() first and can fail; that anything else comes first, or that a
 * function of 2.9 is missing, is beyond repair. */
static void *find(const char *name)
{
    void *symbol = libxml2_load(NULL) == 0 ? dlsym(library, name) : NULL;

    if (!symbol) {
        fprintf(stderr, "vifplug: no %s in %s\n", name, LIBXML2_SONAME);
        abort();
    }
    return symbol;
}

/* NOLINTBEGIN(bugprone-macro-parentheses): these are types and lists. */
#define FORWARD(type, name, parameters, arguments)                                                 \
    type name parameters                                                                           \
    {                                                                                              \
        static type(*real) parameters;                                                             \
                                                                                                   \
        if (!real) {                                                                               \
            *(void **)&real = find(#name);                                                         \
        }                                                                                          \
        return real arguments;                                                                     \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

/* parser.h */
FORWARD(xmlParserCtxtPtr, xmlNewParserCtxt, (void), ())
FORWARD(xmlDocPtr, xmlCtxtReadMemory,
        (xmlParserCtxtPtr ctxt, const char *buffer, int size, const char *URL, const char *encoding,
         int options),
        (ctxt, buffer, size, URL, encoding, options))
FORWARD(void, xmlStopParser, (xmlParserCtxtPtr ctxt), (ctxt))
FORWARD(void, xmlFreeParserCtxt, (xmlParserCtxtPtr ctxt), (ctxt))

/* xmlstring.h */
FORWARD(xmlChar *, xmlStrdup, (const xmlChar *cur), (cur))
FORWARD(int, xmlStrEqual, (const xmlChar *str1, const xmlChar *str2), (str1, str2))

/* tree.h: documents and nodes */
FORWARD(xmlDocPtr, xmlCopyDoc, (xmlDocPtr doc, int recursive), (doc, recursive))
FORWARD(void, xmlFreeDoc, (xmlDocPtr cur), (cur))
FORWARD(xmlNodePtr, xmlDocGetRootElement, (const xmlDoc *doc), (doc))
FORWARD(xmlNodePtr, xmlNewNode, (xmlNsPtr ns, const xmlChar *name), (ns, name))
FORWARD(xmlNsPtr, xmlNewNs, (xmlNodePtr node, const xmlChar *href, const xmlChar *prefix),
        (node, href, prefix))
FORWARD(void, xmlSetNs, (xmlNodePtr node, xmlNsPtr ns), (node, ns))
FORWARD(xmlNodePtr, xmlNewText, (const xmlChar *content), (content))
FORWARD(xmlNodePtr, xmlCopyNode, (xmlNodePtr node, int recursive), (node, recursive))
FORWARD(void, xmlFreeNode, (xmlNodePtr cur), (cur))
FORWARD(xmlNodePtr, xmlAddChild, (xmlNodePtr parent, xmlNodePtr cur), (parent, cur))
FORWARD(xmlNodePtr, xmlAddPrevSibling, (xmlNodePtr cur, xmlNodePtr elem), (cur, elem))
FORWARD(xmlNodePtr, xmlReplaceNode, (xmlNodePtr old, xmlNodePtr cur), (old, cur))
FORWARD(void, xmlUnlinkNode, (xmlNodePtr cur), (cur))
FORWARD(long, xmlGetLineNo, (const xmlNode *node), (node))
FORWARD(int, xmlIsBlankNode, (const xmlNode *node), (node))
FORWARD(xmlChar *, xmlNodeGetContent, (const xmlNode *cur), (cur))
FORWARD(void, xmlNodeSetContent, (xmlNodePtr cur, const xmlChar *content), (cur, content))

/* tree.h: attributes */
FORWARD(xmlChar *, xmlGetNoNsProp, (const xmlNode *node, const xmlChar *name), (node, name))
FORWARD(xmlAttrPtr, xmlSetNsProp,
        (xmlNodePtr node, xmlNsPtr ns, const xmlChar *name, const xmlChar *value),
        (node, ns, name, value))
FORWARD(int, xmlUnsetNsProp, (xmlNodePtr node, xmlNsPtr ns, const xmlChar *name), (node, ns, name))
FORWARD(int, xmlRemoveProp, (xmlAttrPtr cur), (cur))

/* tree.h: text */
FORWARD(xmlBufferPtr, xmlBufferCreate, (void), ())
FORWARD(void, xmlBufferFree, (xmlBufferPtr buf), (buf))
FORWARD(int, xmlBufferCCat, (xmlBufferPtr buf, const char *str), (buf, str))
FORWARD(const xmlChar *, xmlBufferContent, (const xmlBuffer *buf), (buf))
FORWARD(int, xmlNodeDump, (xmlBufferPtr buf, xmlDocPtr doc, xmlNodePtr cur, int level, int format),
        (buf, doc, cur, level, format))

void libxml2_free(void *text)
{
    /* A variable of the library, since programs may give it another allocator. */
    xmlFreeFunc *real = find("xmlFree");

    (*real)(text);
}

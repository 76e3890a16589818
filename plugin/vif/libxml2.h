/* Loading libxml2 when it is first needed. */
#ifndef VIF_LIBXML2_H
#define VIF_LIBXML2_H

/* Loads the library, unless it is loaded already. To be called before anything else of it. Returns
 * 0 or -ENOPKG. */
int libxml2_load(char **errorp);

/* xmlFree(): for what the library allocated. */
void libxml2_free(void *text);

#endif

/* What cJSON lacks. For the files of this room only. */
#ifndef VIF_JSON_H
#define VIF_JSON_H

/* cJSON's, so that no header of ours includes one of its. */
struct cJSON;

/* Adds the member `key`: the string `s`, or null for NULL. */
void json_add_string_or_null(struct cJSON *json, const char *key, const char *s);

#endif

#include "vif/json.h"

#include <cjson/cJSON.h>

void json_add_string_or_null(cJSON *json, const char *key, const char *s)
{
    cJSON_AddItemToObject(json, key, s ? cJSON_CreateString(s) : cJSON_CreateNull());
}

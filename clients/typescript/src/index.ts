// const { data } = await adminClient("https://admin.example", token).GET("/admin/orders", { params: { query: { q } } });
import createClient, { type Client } from "openapi-fetch";
import type { paths } from "./schema";

export type { components, paths } from "./schema";

/** A client of the admin API; paths, parameters and answers are checked by the compiler. */
export function adminClient(baseUrl: string, token: string): Client<paths> {
  return createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });
}

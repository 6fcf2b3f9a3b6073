/** Vite brings these in; TypeScript only has to know that they are there. */
declare module "*.css";
declare module "*.svg" {
  const address: string;
  export default address;
}
declare module "graphiql/style.css";

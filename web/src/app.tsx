/** The shell of the console: until its pages exist it points to what does. */
export function App() {
  return (
    <main>
      <h1>Fanfare</h1>
      <p>
        Everything is reachable through the API: <a href="/docs">read its page</a>.
      </p>
    </main>
  )
}

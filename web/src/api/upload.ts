import { newIdempotencyKey, workspaceHeaders } from './client.ts'
import { ApiProblem } from './problem.ts'

/**
 * Sends a form and tells how much of it is on its way: the one thing `fetch` cannot.
 * @param onProgress a fraction, 0 to 1
 * @throws ApiProblem
 */
export function upload<Answer>(path: string, form: FormData, onProgress: (sent: number) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    for (const [name, value] of Object.entries(workspaceHeaders())) request.setRequestHeader(name, value)
    request.setRequestHeader('Idempotency-Key', newIdempotencyKey())
    request.responseType = 'json'
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total)
    request.onerror = () => reject(new ApiProblem(0, {}))
    request.onload = () => {
      const isGood = request.status >= 200 && request.status < 300
      if (isGood) resolve(request.response as Answer)
      else reject(new ApiProblem(request.status, (request.response ?? {}) as Record<string, unknown>))
    }
    request.send(form)
  })
}
